/** Defaults of Pods and Pod templates: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
import type { Container, Pod, PodSpec, PodTemplateSpec } from "../../machinery/types.ts";
import { defaultContainer, requestWhatIsLimited } from "./container-defaults.ts";
import { defaultVolume } from "./volume-defaults.ts";

/** Every container of the Pod but the ephemeral ones: init containers first. */
export function allContainers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
}

/** Defaults that Pods and templates share, in place. */
function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ||= "Always";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ||= "ClusterFirst";
  spec.securityContext ??= {};
  spec.schedulerName ||= "default-scheduler";
  // The older name of the same field; both are shown, whichever was given.
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
  for (const container of allContainers(spec)) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

/** Fills in the defaults of a workload's template, in place. */
export function defaultPodTemplate(template: PodTemplateSpec): void {
  template.metadata ??= {};
  if (template.spec) defaultPodSpec(template.spec);
}

/** Fills in the defaults of a Pod, in place. */
export function defaultPod(pod: Pod): void {
  if (!pod.spec) return;
  defaultPodSpec(pod.spec);
  pod.spec.enableServiceLinks ??= true;
  for (const container of allContainers(pod.spec)) requestWhatIsLimited(container);
  if (!pod.spec.hostNetwork) return;
  // Without a network of its own a container's port is the host's.
  for (const container of allContainers(pod.spec)) {
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
}
