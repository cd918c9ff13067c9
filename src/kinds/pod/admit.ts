/** What Kubernetes' admission plugins do to a new Pod, in their order. */
import type { AdmissionContext } from "../../machinery/kind.ts";
import type { Stored } from "../../machinery/object.ts";
import type { Pod } from "../../machinery/types.ts";
import { addDefaultTolerations } from "./default-tolerations.ts";
import { setPriority } from "./priority.ts";
import { addServiceAccount } from "./service-account.ts";

export function admitPod(pod: Pod, old: Stored<Pod> | undefined, context: AdmissionContext): void {
  if (old || !pod.spec) return;
  addServiceAccount(pod, pod.spec, context);
  setPriority(pod, pod.spec);
  addDefaultTolerations(pod.spec);
}
