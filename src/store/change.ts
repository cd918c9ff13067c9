/** One entry of the log: what a committed write did to one object. */
import type { KubeObject, Stored } from "../machinery/object.ts";

export interface Change {
  /** The log's revision; the object carries it as `metadata.resourceVersion`. */
  revision: number;
  /** `pods`, `deployments.apps`. */
  resource: string;
  type: "ADDED" | "MODIFIED" | "DELETED";
  /** After the change; for DELETED, the last state. Deep-frozen. */
  object: Stored<KubeObject>;
  /** Before the change; absent for ADDED. */
  previous?: Stored<KubeObject>;
}

/** Revision of an object out of the store. */
export function revisionOf(object: { metadata: { resourceVersion: string } }): number {
  return Number(object.metadata.resourceVersion);
}
