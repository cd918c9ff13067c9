/** Fields of Services that Skiff stores but does not act on yet. */
import type { Service } from "../../machinery/types.ts";
import { presentPaths } from "../present-paths.ts";

const fields = ["externalIPs", "loadBalancerIP", "loadBalancerSourceRanges", "loadBalancerClass"];

export function unhonouredInService({ spec }: Service): string[] {
  if (!spec) return [];
  const paths = presentPaths(spec, fields).map((path) => `spec.${path}`);
  // The ports are served as node ports are; there is nobody who gives out an address outside.
  if (spec.type === "LoadBalancer") paths.unshift("spec.type");
  if (spec.externalTrafficPolicy === "Local") paths.push("spec.externalTrafficPolicy");
  if (spec.healthCheckNodePort) paths.push("spec.healthCheckNodePort");
  return paths;
}
