/** `skiff compose up --wait`. */
import { deployments, events, pods } from "../machinery/resource.ts";
import type { Deployment, Event } from "../machinery/types.ts";
import { list, type Selection, watch } from "./api-client.ts";
import { missing, podTrouble } from "./availability.ts";

/** @returns why they are not available, in lines; none when all of them are. */
export async function waitAvailable(
  socket: string,
  selection: Selection,
  names: readonly string[],
  timeoutSeconds: number,
): Promise<string[]> {
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  const waiting = new Map<string, string>(names.map((name) => [name, "is not there"]));
  // The server ends a watch after some time; what is there is told again at the beginning of the next.
  while (waiting.size > 0 && !signal.aborted) {
    for await (const { type, object } of watch<Deployment>(socket, deployments, selection, signal)) {
      const { name } = object.metadata;
      if (!names.includes(name)) continue;
      const why = type === "DELETED" ? "was deleted" : missing(object);
      if (why === undefined) waiting.delete(name);
      else waiting.set(name, why);
      if (waiting.size === 0) break;
    }
  }
  if (waiting.size === 0) return [];
  const troubles = await podTroubles(socket, selection);
  return [...waiting].flatMap(([name, why]) => [
    `deployment.apps/${name}: ${why}`,
    ...troubles.filter(({ service }) => service === name).map(({ text }) => `  ${text}`),
  ]);
}

async function podTroubles(socket: string, selection: Selection): Promise<{ service: string; text: string }[]> {
  const { namespace, labelSelector } = selection;
  const found = await list(socket, pods, { namespace, labelSelector });
  return Promise.all(
    found.flatMap((pod) => {
      const trouble = podTrouble(pod);
      const { name, labels } = pod.metadata;
      if (trouble === undefined) return [];
      return [
        lastWarning(socket, namespace, name).then((warning) => ({
          service: labels?.["app.kubernetes.io/name"] ?? "",
          text: `pod/${name}: ${trouble}${warning && !trouble.includes(warning) ? ` (${warning})` : ""}`,
        })),
      ];
    }),
  );
}

async function lastWarning(socket: string, namespace: string, pod: string): Promise<string | undefined> {
  const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${pod},type=Warning`;
  const found = await list(socket, events, { namespace, fieldSelector });
  const when = ({ lastTimestamp, eventTime, metadata }: Event) =>
    lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "";
  return found.sort((a, b) => (when(a) < when(b) ? -1 : 1)).at(-1)?.message;
}
