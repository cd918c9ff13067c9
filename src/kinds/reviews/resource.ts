import type { KubeObject } from "../../machinery/object.ts";
import type { Resource } from "../../machinery/resource.ts";

/** The resource of a review: asked with POST, never stored. */
export function reviewResource<T extends KubeObject>(group: string, kind: string, namespaced = false): Resource<T> {
  return { group, version: "v1", plural: `${kind.toLowerCase()}s`, kind, namespaced };
}
