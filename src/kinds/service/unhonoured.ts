/** Fields of Services that Skiff stores but does not act on yet. */
import type { Service } from "../../machinery/types.ts";
import { presentPaths } from "../present-paths.ts";

/** A class is somebody else's to serve. */
const fields = ["loadBalancerClass"];

export function unhonouredInService(object: Service): string[] {
  const { spec } = object;
  if (!spec) return [];
  const paths = presentPaths(spec, fields).map((path) => `spec.${path}`);
  for (const [index, { protocol }] of (spec.ports ?? []).entries()) {
    if (protocol === "SCTP") paths.push(`spec.ports[${index}].protocol`);
  }
  return paths;
}
