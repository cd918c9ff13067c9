/** What `kubectl get pods` shows. */
import { ageColumn, nameColumn, none } from "../../machinery/columns.ts";
import { since } from "../../machinery/duration.ts";
import type { Column } from "../../machinery/kind.ts";
import type { Pod } from "../../machinery/types.ts";
import { podSummary } from "./summary.ts";

function restarts(pod: Pod, now: number): string {
  const { restarts: count, lastRestartAt } = podSummary(pod);
  return lastRestartAt === undefined ? String(count) : `${count} (${since(lastRestartAt, now)} ago)`;
}

/** `1/2` of the conditions that the Pod's readiness waits for besides its containers. */
function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return none;
  const met = gates.filter(({ conditionType }) =>
    pod.status?.conditions?.some(({ type, status }) => type === conditionType && status === "True"),
  );
  return `${met.length}/${gates.length}`;
}

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  {
    name: "Ready",
    type: "string",
    value(pod) {
      const { ready, total } = podSummary(pod);
      return `${ready}/${total}`;
    },
  },
  { name: "Status", type: "string", value: (pod) => podSummary(pod).status },
  { name: "Restarts", type: "string", value: restarts },
  ageColumn,
  { name: "IP", type: "string", priority: 1, value: (pod) => pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? none },
  { name: "Node", type: "string", priority: 1, value: (pod) => pod.spec?.nodeName || none },
  { name: "Nominated Node", type: "string", priority: 1, value: (pod) => pod.status?.nominatedNodeName || none },
  { name: "Readiness Gates", type: "string", priority: 1, value: readinessGates },
];
