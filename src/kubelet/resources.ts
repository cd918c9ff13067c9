/** Requests and limits as the kernel's numbers. Rule: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#how-pods-with-resource-limits-are-run */
import type { ContainerResources } from "../machinery/container-runtime.ts";
import { quantityMilliValue, quantityValue } from "../machinery/quantity.ts";
import type { Container, PodSpec } from "../machinery/types.ts";

type Qos = "Guaranteed" | "Burstable" | "BestEffort";

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
export function qosClass(spec: PodSpec): Qos {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  let guaranteed = true;
  let any = false;
  for (const { resources } of containers) {
    for (const name of ["cpu", "memory"]) {
      const request = resources?.requests?.[name];
      const limit = resources?.limits?.[name];
      const positive = [request, limit].some((value) => value !== undefined && quantityMilliValue(value) > 0);
      any ||= positive;
      const same = limit !== undefined && quantityMilliValue(request ?? limit) === quantityMilliValue(limit);
      guaranteed &&= positive && same;
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

/** The least weight and quota the kernel takes. */
const leastShares = 2;
const leastQuota = 1000;

export function containerResources(spec: PodSpec, container: Container, nodeMemory: number): ContainerResources {
  const { requests, limits } = container.resources ?? {};
  const cpuRequest = quantityMilliValue(requests?.["cpu"] ?? limits?.["cpu"] ?? "0");
  const cpuLimit = quantityMilliValue(limits?.["cpu"] ?? "0");
  const memoryLimit = quantityValue(limits?.["memory"] ?? "0");
  const memoryRequest = quantityValue(requests?.["memory"] ?? limits?.["memory"] ?? "0");
  return {
    cpuShares: Math.max(leastShares, Math.floor((cpuRequest * 1024) / 1000)),
    ...(cpuLimit > 0 && { cpuQuota: Math.max(leastQuota, cpuLimit * 100) }),
    ...(memoryLimit > 0 && { memoryLimit }),
    oomScoreAdjust: oomScoreAdjust(qosClass(spec), memoryRequest, nodeMemory),
  };
}

/**
 * As the kubelet's, but that Guaranteed Pods get 0 in place of −997: lowering the score takes a right that an engine
 * without root, or one in a container, does not have.
 */
function oomScoreAdjust(qos: Qos, memoryRequest: number, nodeMemory: number): number {
  if (qos === "Guaranteed") return 0;
  if (qos === "BestEffort") return 1000;
  const adjusted = Math.floor(1000 - (1000 * memoryRequest) / nodeMemory);
  return Math.min(999, Math.max(3, adjusted));
}
