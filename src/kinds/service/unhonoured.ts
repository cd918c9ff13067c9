/** Fields of Services that Skiff stores but does not act on. */
import type { ClusterSettings } from "../../machinery/settings.ts";
import type { Service } from "../../machinery/types.ts";
import { pathsHolding, presentPaths } from "../present-paths.ts";

/** A class is somebody else's to serve. */
const fields = ["spec.loadBalancerClass"];

export function unhonouredInService(object: Service, { proxyMode }: Pick<ClusterSettings, "proxyMode">): string[] {
  // Node.js has no sockets for it.
  const sctp = proxyMode === "userspace" ? pathsHolding("SCTP", object, ["spec.ports[*].protocol"]) : [];
  return [
    ...presentPaths(object, fields),
    ...sctp.map((path) => `${path}: SCTP is stored, but served in nftables mode only`),
  ];
}
