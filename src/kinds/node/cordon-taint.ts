/** A cordoned node carries a taint that says so: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-nodes-by-condition */
import { modify } from "../../machinery/client.ts";
import { timestamp } from "../../machinery/clock.ts";
import { type ControllerDefinition, watching } from "../../machinery/controller.ts";
import { nodes } from "../../machinery/resource.ts";
import { isCordonTaint, unschedulableTaint } from "../../machinery/taints.ts";

export const cordonTaint: ControllerDefinition = {
  name: "node-controller",
  watches: [watching(nodes, ({ object }) => [object.metadata.name])],
  async reconcile({ name }, { client, clock }) {
    const node = client.get(nodes, { name });
    if (!node) return;
    const { unschedulable = false, taints = [] } = node.spec ?? {};
    if (unschedulable === taints.some(isCordonTaint)) return;
    await modify(client, nodes, { name }, (draft) => {
      const others = draft.spec?.taints?.filter((taint) => !isCordonTaint(taint)) ?? [];
      const added = { ...unschedulableTaint, timeAdded: timestamp(clock.now()) };
      const { taints: _, ...spec } = draft.spec ?? {};
      const wanted = draft.spec?.unschedulable ? [...others, added] : others;
      draft.spec = { ...spec, ...(wanted.length > 0 && { taints: wanted }) };
    });
  },
};
