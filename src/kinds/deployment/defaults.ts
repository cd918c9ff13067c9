import type { Deployment } from "../../machinery/types.ts";
import { defaultPodTemplate } from "../pod/defaults.ts";

/** Fills in what a Deployment does not say, in place: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/#DeploymentSpec */
export function defaultDeployment(object: Deployment): void {
  const { spec } = object;
  if (!spec) return;
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  spec.strategy ??= {};
  spec.strategy.type ||= "RollingUpdate";
  if (spec.strategy.type === "RollingUpdate") {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
    spec.strategy.rollingUpdate.maxSurge ??= "25%";
  }
  if (spec.template) defaultPodTemplate(spec.template);
}
