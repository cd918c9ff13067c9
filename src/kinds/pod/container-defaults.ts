/** Defaults of one container: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container */
import type { Container } from "../../machinery/types.ts";
import { defaultLifecycle, defaultProbe } from "./probe-defaults.ts";

/** Fills in what a container does not say, in place. */
export function defaultContainer(container: Container): void {
  container.imagePullPolicy ||= pullPolicyFor(container.image ?? "");
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  container.resources ??= {};
  for (const port of container.ports ?? []) port.protocol ||= "TCP";
  for (const variable of container.env ?? []) {
    if (variable.valueFrom?.fieldRef) variable.valueFrom.fieldRef.apiVersion ||= "v1";
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) defaultProbe(probe);
  }
  if (container.lifecycle) defaultLifecycle(container.lifecycle);
}

/**
 * `Always` where the image may change under its name: `:latest`, or neither tag nor digest.
 * Rule: https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting
 */
export function pullPolicyFor(image: string): "Always" | "IfNotPresent" {
  const [name = "", digest] = image.split("@");
  const lastPart = name.slice(name.lastIndexOf("/") + 1);
  const colon = lastPart.indexOf(":");
  if (colon < 0) return digest ? "IfNotPresent" : "Always";
  const tag = lastPart.slice(colon + 1);
  return tag === "latest" ? "Always" : "IfNotPresent";
}

/** What is limited but not requested is requested as much as it is limited. Only Pods are treated so, not templates. */
export function requestWhatIsLimited(container: Container): void {
  const limits = container.resources?.limits;
  if (!limits || !container.resources) return;
  container.resources.requests = { ...limits, ...container.resources.requests };
}
