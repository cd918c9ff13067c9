/** Writes a Pod's status. */
import { modify } from "../machinery/client.ts";
import { equal } from "../machinery/equal.ts";
import { nodeAddresses, podAddresses } from "../machinery/network-names.ts";
import type { Stored } from "../machinery/object.ts";
import { pods } from "../machinery/resource.ts";
import type { Pod, PodStatus } from "../machinery/types.ts";
import type { PodState } from "./pod-state.ts";
import { podStatus } from "./pod-status.ts";
import type { PodView } from "./pod-view.ts";

/** Writes the status that follows from what there is now, if it is another than the one written. */
export async function publish(state: PodState): Promise<void> {
  const pod = state.read();
  if (!pod) return;
  // One view for both: a container that ends meanwhile is told of, with its last words, the next time.
  const view = state.view();
  await learn(state, pod, view);
  const change = (draft: Stored<Pod>): boolean => {
    if (draft.metadata.uid !== state.uid) return false;
    const status = { ...draft.status, ...statusOf(state, draft, view) };
    if (equal(draft.status, status)) return false;
    draft.status = status;
    return true;
  };
  await modify(state.parts.client, pods, state.key, change, { subresource: "status" });
}

/** Learns what the status tells besides the engine's states. */
async function learn({ parts, messages }: PodState, pod: Stored<Pod>, view: PodView): Promise<void> {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const instances = containers.flatMap((container) =>
    (view.instances.get(container.name) ?? []).slice(0, 2).map((instance) => ({ container, instance })),
  );
  await Promise.all([
    parts.images.learn(instances.map(({ instance }) => instance.imageId)),
    ...instances.map(({ container, instance }) => messages.learn(container, instance)),
  ]);
}

function statusOf(state: PodState, pod: Stored<Pod>, view: PodView): PodStatus {
  const { images, settings, clock } = state.parts;
  return podStatus({
    pod,
    view,
    waiting: state.waiting,
    hooks: state.hooks,
    ready: (container, instance) => state.probes.ready(container, instance),
    started: (container, instance) => state.started(container, instance),
    imageId: (image) => images.name(image),
    terminationMessage: (id) => state.messages.of(id),
    ...(state.verdict && { verdict: state.verdict }),
    hostIps: nodeAddresses(settings),
    addressesOf: (podIp) => podAddresses(settings, podIp),
    now: clock.now(),
  });
}
