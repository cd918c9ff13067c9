/** Port for Events about objects: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
import type { ObjectReference } from "./types.ts";

export interface EventRecorder {
  /**
   * Records an Event without waiting for it: an Event must never hold up the work it reports.
   * Equal Events are counted (`count`, `lastTimestamp`), many similar ones combined, as Kubernetes does.
   * @param about the object, or a reference to it (with `fieldPath` for a container: `spec.containers{name}`).
   * @param reason UpperCamelCase, as in Kubernetes: `ScalingReplicaSet`.
   */
  record(about: EventSubject, type: "Normal" | "Warning", reason: string, message: string): void;
}

/** Anything an Event can be about. */
export type EventSubject =
  | ObjectReference
  | {
      apiVersion: string;
      kind: string;
      metadata: { namespace?: string; name: string; uid: string; resourceVersion: string };
    };
