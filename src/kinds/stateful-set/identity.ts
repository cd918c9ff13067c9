/**
 * What ties a Pod to its place in a StatefulSet.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-identity
 */
import type { Stored } from "../../machinery/object.ts";
import type { Pod, PodTemplateSpec, StatefulSet } from "../../machinery/types.ts";
import { podFromTemplate } from "../pod/from-template.ts";

const podNameLabel = "statefulset.kubernetes.io/pod-name";
const podIndexLabel = "apps.kubernetes.io/pod-index";
const revisionLabel = "controller-revision-hash";

type Set = Stored<StatefulSet>;

/** `web-3` of `web` is 3; undefined for a Pod of another name. */
export function ordinalOf(set: Set, pod: Stored<Pod>): number | undefined {
  const { name } = pod.metadata;
  const prefix = `${set.metadata.name}-`;
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^(0|[1-9]\d{0,9})$/.test(digits) ? Number(digits) : undefined;
}

/** The first ordinal. */
export function firstOrdinal(set: Set): number {
  return set.spec?.ordinals?.start ?? 0;
}

export function revisionOf(pod: Stored<Pod>): string | undefined {
  return pod.metadata.labels?.[revisionLabel];
}

/** @param revision name of the ControllerRevision that holds the template. */
export function newPod(set: Set, ordinal: number, template: PodTemplateSpec | undefined, revision: string): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podFromTemplate(template, set);
  pod.metadata = { ...pod.metadata, name, labels: { ...pod.metadata?.labels, [revisionLabel]: revision } };
  if (pod.spec) {
    pod.spec.hostname = name;
    if (set.spec?.serviceName) pod.spec.subdomain = set.spec.serviceName;
  }
  giveIdentity(pod, name, ordinal);
  return pod;
}

/** Whether the labels by which a Pod is found are (still) its own. */
export function hasIdentity(pod: Stored<Pod>, ordinal: number): boolean {
  const { labels, name } = pod.metadata;
  return labels?.[podNameLabel] === name && labels[podIndexLabel] === String(ordinal);
}

/** Puts the labels right, in place. */
export function giveIdentity(pod: Pod, name: string, ordinal: number): void {
  pod.metadata = {
    ...pod.metadata,
    labels: { ...pod.metadata?.labels, [podNameLabel]: name, [podIndexLabel]: String(ordinal) },
  };
}
