/** https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
import { compareQuantities, parseQuantity } from "../../machinery/quantity.ts";
import type { Pod } from "../../machinery/types.ts";
import { allContainers } from "./defaults.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const counted = ["cpu", "memory"] as const;

/** Quantities above nought only: nought means nothing was said. */
function said(list: Record<string, string> | undefined, resource: string): string | undefined {
  const quantity = list?.[resource];
  return quantity !== undefined && parseQuantity(quantity).nano > 0n ? quantity : undefined;
}

export function qosClass(pod: Pod): QosClass {
  const resources = pod.spec ? allContainers(pod.spec).map((container) => container.resources ?? {}) : [];
  const speaks = resources.some(({ requests, limits }) =>
    counted.some((resource) => said(requests, resource) ?? said(limits, resource)),
  );
  if (!speaks) return "BestEffort";
  const guaranteed = resources.every(({ requests, limits }) =>
    counted.every((resource) => {
      const limit = said(limits, resource);
      const request = said(requests, resource) ?? limit;
      return limit !== undefined && request !== undefined && compareQuantities(request, limit) === 0;
    }),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}
