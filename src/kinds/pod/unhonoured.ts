/** Fields of Pods that Skiff stores but does not act on yet: one table, from which the Warnings are made. */
import type { Pod, PodSpec, PodTemplateSpec, Volume } from "../../machinery/types.ts";
import { presentPaths } from "../present-paths.ts";

/** Of any container. */
const containerFields = [
  "volumeDevices",
  "resizePolicy",
  "resources.claims",
  "securityContext.seLinuxOptions",
  "securityContext.windowsOptions",
];

/** Below `spec`; `[*]` is every item of a list. docs/differences.md names them. */
export const unhonouredFields: readonly string[] = [
  "runtimeClassName",
  "resourceClaims",
  "resources",
  "hostUsers",
  "os",
  "topologySpreadConstraints[*].minDomains",
  "securityContext.seLinuxOptions",
  "securityContext.seLinuxChangePolicy",
  "securityContext.windowsOptions",
  "securityContext.fsGroupChangePolicy",
  "securityContext.supplementalGroupsPolicy",
  ...containerFields.map((field) => `initContainers[*].${field}`),
  ...containerFields.map((field) => `containers[*].${field}`),
];

/** Kinds of volumes that the kubelet mounts. */
const honouredVolumes: ReadonlySet<string> = new Set([
  "emptyDir",
  "hostPath",
  "configMap",
  "secret",
  "downwardAPI",
  "projected",
] satisfies (keyof Volume)[]);

function unhonouredInSpec(spec: PodSpec, at: string): string[] {
  const volumes = (spec.volumes ?? []).flatMap((volume, index) =>
    Object.keys(volume)
      .filter((key) => key !== "name" && !honouredVolumes.has(key))
      .map((key) => `${at}.volumes[${index}].${key}`),
  );
  return [...presentPaths(spec, unhonouredFields).map((path) => `${at}.${path}`), ...volumes];
}

export function unhonouredInPod(pod: Pod): string[] {
  return pod.spec ? unhonouredInSpec(pod.spec, "spec") : [];
}

/** The same for the template of a workload. */
export function unhonouredInTemplate(object: { spec?: { template?: PodTemplateSpec } }): string[] {
  const spec = object.spec?.template?.spec;
  return spec ? unhonouredInSpec(spec, "spec.template.spec") : [];
}
