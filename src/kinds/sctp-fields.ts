/** Where objects say that a port's protocol is SCTP, for {@link KindDefinition.sctpFields}. */
import type { KubeObject } from "../machinery/object.ts";
import { pathsHolding } from "./present-paths.ts";

const containerPorts = ["containers[*].ports[*].protocol", "initContainers[*].ports[*].protocol"];

/** @param patterns of the paths: `spec.ports[*].protocol`. */
export function sctpFields(...patterns: readonly string[]): (object: KubeObject) => string[] {
  return (object) => pathsHolding("SCTP", object, patterns);
}

/** @param at of the PodSpec: `spec.template.spec`. */
export function sctpFieldsOfPodSpec(at: string): (object: KubeObject) => string[] {
  return sctpFields(...containerPorts.map((path) => `${at}.${path}`));
}
