/** What Pods ask of a node: pure. Rule: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers */
import { quantityMilliValue } from "../machinery/quantity.ts";
import type { Container, PodSpec } from "../machinery/types.ts";

/** Amounts by resource, in thousandths of its unit. */
export type Amounts = Map<string, number>;

function requestsOf(container: Container): Amounts {
  const { requests, limits } = container.resources ?? {};
  const given = { ...limits, ...requests };
  return new Map(Object.entries(given).map(([name, quantity]) => [name, quantityMilliValue(quantity)]));
}

function add(to: Amounts, more: Amounts): void {
  for (const [name, amount] of more) to.set(name, (to.get(name) ?? 0) + amount);
}

/** The most that the Pod needs at one time. */
export function podRequests(spec: PodSpec): Amounts {
  const total: Amounts = new Map();
  for (const container of spec.containers) add(total, requestsOf(container));
  const sidecars: Amounts = new Map();
  const initial: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = requestsOf(container);
    if (container.restartPolicy === "Always") {
      add(sidecars, own);
      continue;
    }
    // It runs alone, but for the sidecars begun before it.
    add(own, sidecars);
    for (const [name, amount] of own) initial.set(name, Math.max(initial.get(name) ?? 0, amount));
  }
  add(total, sidecars);
  for (const [name, amount] of initial) total.set(name, Math.max(total.get(name) ?? 0, amount));
  add(
    total,
    new Map(Object.entries(spec.overhead ?? {}).map(([name, quantity]) => [name, quantityMilliValue(quantity)])),
  );
  return total;
}
