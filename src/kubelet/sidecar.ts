import type { Container } from "../machinery/types.ts";

/** An init container that goes on running beside the others: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/ */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}
