/** What of an Ingress is stored but not acted on. */
import { readIngressAnnotations } from "../../machinery/ingress-annotations.ts";
import type { Ingress } from "../../machinery/types.ts";
import { presentPaths } from "../present-paths.ts";

const fields = ["spec.defaultBackend.resource", "spec.rules[*].http.paths[*].backend.resource"];

export function unhonouredInIngress(object: Ingress): string[] {
  return [...presentPaths(object, fields), ...readIngressAnnotations(object.metadata?.annotations).problems];
}
