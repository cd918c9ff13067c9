/** What `kubectl get nodes` shows. */
import { ageColumn, nameColumn, none } from "../../machinery/columns.ts";
import type { Column } from "../../machinery/kind.ts";
import type { Node } from "../../machinery/types.ts";

const roleLabelPrefix = "node-role.kubernetes.io/";
const unknown = "<unknown>";

/** `Ready`, `NotReady,SchedulingDisabled`, `Unknown`. */
export function nodeStatus(node: Node): string {
  const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
  const words = [ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady"];
  if (node.spec?.unschedulable) words.push("SchedulingDisabled");
  return words.join(",");
}

/** Roles in order, from labels `node-role.kubernetes.io/<role>` and the older `kubernetes.io/role=<role>`. */
export function nodeRoles(node: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata?.labels ?? {})) {
    if (key.startsWith(roleLabelPrefix) && key.length > roleLabelPrefix.length) {
      roles.add(key.slice(roleLabelPrefix.length));
    } else if (key === "kubernetes.io/role" && value !== "") roles.add(value);
  }
  return [...roles].sort().join(",") || none;
}

function address(node: Node, type: string): string {
  return node.status?.addresses?.find((entry) => entry.type === type)?.address ?? none;
}

export const nodeColumns: readonly Column<Node>[] = [
  nameColumn,
  { name: "Status", type: "string", value: nodeStatus },
  { name: "Roles", type: "string", value: nodeRoles },
  ageColumn,
  { name: "Version", type: "string", value: (node) => node.status?.nodeInfo?.kubeletVersion ?? "" },
  { name: "Internal-IP", type: "string", priority: 1, value: (node) => address(node, "InternalIP") },
  { name: "External-IP", type: "string", priority: 1, value: (node) => address(node, "ExternalIP") },
  { name: "OS-Image", type: "string", priority: 1, value: (node) => node.status?.nodeInfo?.osImage || unknown },
  {
    name: "Kernel-Version",
    type: "string",
    priority: 1,
    value: (node) => node.status?.nodeInfo?.kernelVersion || unknown,
  },
  {
    name: "Container-Runtime",
    type: "string",
    priority: 1,
    value: (node) => node.status?.nodeInfo?.containerRuntimeVersion || unknown,
  },
];
