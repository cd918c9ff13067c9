/** Fields of Services that Skiff stores but does not act on yet. */
import type { Service } from "../../machinery/types.ts";
import { presentPaths } from "../present-paths.ts";
import { wantsNodePorts } from "./needs.ts";

const fields = ["externalIPs", "loadBalancerIP", "loadBalancerSourceRanges", "loadBalancerClass"];

export function unhonouredInService(object: Service): string[] {
  const { spec } = object;
  if (!spec) return [];
  const paths = presentPaths(spec, fields).map((path) => `spec.${path}`);
  if (spec.type === "LoadBalancer") {
    const where = wantsNodePorts(object) ? "its cluster IP and node ports" : "its cluster IP";
    paths.unshift(`spec.type: LoadBalancer is served on ${where}, but gets no external IP from Skiff yet`);
  }
  if (spec.externalTrafficPolicy === "Local") paths.push("spec.externalTrafficPolicy");
  for (const [index, { protocol }] of (spec.ports ?? []).entries()) {
    if (protocol === "SCTP") paths.push(`spec.ports[${index}].protocol`);
  }
  if (spec.healthCheckNodePort) paths.push("spec.healthCheckNodePort");
  return paths;
}
