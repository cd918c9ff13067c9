/**
 * The list of CustomResourceDefinitions, of which there are none. kubectl asks for it, discovered or not, when a manifest's
 * `kind` is not one of its `apiVersion` (`Deployment` in `v1`), and can only tell the user so after an answer.
 */
import type { ResourceRequest } from "./request-info.ts";

/** The answer to a request for that list; undefined for every other request. */
export function customResourceDefinitions({ verb, group, version, resource }: ResourceRequest): object | undefined {
  if (verb !== "list" || group !== "apiextensions.k8s.io" || version !== "v1") return undefined;
  if (resource !== "customresourcedefinitions") return undefined;
  return { kind: "CustomResourceDefinitionList", apiVersion: "apiextensions.k8s.io/v1", metadata: {}, items: [] };
}
