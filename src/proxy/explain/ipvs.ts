/** A Service as `ipvsadm -Ln` would show it where kube-proxy runs in IPVS mode. Pure. */
import { hostPort } from "../../machinery/ipv6.ts";
import type { ServiceRules } from "../compile.ts";
import { frontendsOf } from "../frontends.ts";

/** @param hostAddresses a virtual server of a NodePort is made for each. */
export function explainIpvs(rules: ServiceRules, hostAddresses: readonly string[]): string[] {
  const servers = frontendsOf(rules).flatMap((frontend) => {
    const { ipv6 = false, protocol, address, port, targets, affinitySeconds } = frontend;
    const own = hostAddresses.filter((ip) => ip.includes(":") === ipv6);
    const persistent = affinitySeconds === undefined ? "" : ` persistent ${affinitySeconds}`;
    return (address === undefined ? own : [address]).flatMap((ip) => [
      `${protocol.toUpperCase()}  ${hostPort(ip, port)} rr${persistent}`,
      ...targets.map((target) => `  -> ${hostPort(target.ip, target.port).padEnd(28)} Masq    1      0          0`),
    ]);
  });
  return [
    "# What kube-proxy in IPVS mode would have made. Skiff has not: it is here to read.",
    "IP Virtual Server version 1.2.1 (size=4096)",
    "Prot LocalAddress:Port Scheduler Flags",
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn",
    ...servers,
  ];
}
