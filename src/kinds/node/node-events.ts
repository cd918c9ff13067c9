/** Tells of nodes that came and went, as the node lifecycle controller does: once for each that it sees for the first time. */
import type { Client } from "../../machinery/client.ts";
import { type ControllerDefinition, watching } from "../../machinery/controller.ts";
import { nodes } from "../../machinery/resource.ts";

/** UIDs of the nodes that were told of, by name. Told of again after a restart, as in Kubernetes. */
const registered = new WeakMap<Client, Map<string, string>>();

export const nodeEvents: ControllerDefinition = {
  name: "node-controller",
  watches: [watching(nodes, ({ type, object }) => (type === "MODIFIED" ? [] : [object.metadata.name]))],
  async reconcile({ name }, { client, events }) {
    const known = registered.get(client) ?? new Map<string, string>();
    registered.set(client, known);
    const uid = client.get(nodes, { name })?.metadata.uid;
    const before = known.get(name);
    if (uid === before) return;
    const tell = (uid: string, reason: string, what: string): void =>
      events.record({ apiVersion: "v1", kind: "Node", name, uid }, "Normal", reason, `Node ${name} event: ${what}`);
    known.delete(name);
    if (before !== undefined) tell(before, "RemovingNode", `Removing Node ${name} from Controller`);
    if (uid === undefined) return;
    known.set(name, uid);
    tell(uid, "RegisteredNode", `Registered Node ${name} in Controller`);
  },
};
