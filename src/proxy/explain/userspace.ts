/** How userspace mode serves a Service, with a sentence each. Pure. */
import { hostPort } from "../../machinery/ipv6.ts";
import type { ServiceRules } from "../compile.ts";
import { frontendsOf } from "../frontends.ts";
import type { SchedulerName } from "../scheduler.ts";

const choices: Readonly<Record<SchedulerName, string>> = {
  rr: "the next endpoint in turn",
  lc: "the endpoint with the fewest open ones",
  wrr: "the next endpoint in turn, where each comes as often as its weight says",
  sh: "the endpoint that the client's address stands for",
};

export function explainUserspace(rules: ServiceRules): string[] {
  return frontendsOf(rules).flatMap(
    ({ ipv6, protocol, address = ipv6 ? "::" : "0.0.0.0", port, targets, affinitySeconds, scheduler = "rr" }) => {
      if (protocol === "sctp") {
        return [
          "# Userspace mode cannot serve SCTP: connections fail. nftables mode can.",
          `${protocol} ${hostPort(address, port)}`,
          "",
        ];
      }
      if (targets.length === 0) {
        return [
          `# There is no endpoint, so Skiff does not listen, and connections are refused.`,
          `${protocol} ${hostPort(address, port)}`,
          "",
        ];
      }
      const sticky =
        affinitySeconds === undefined ? "" : ` A client comes back to the same one for ${affinitySeconds} s.`;
      return [
        `# Skiff listens here, and passes each connection on to ${choices[scheduler]}; one that refuses is passed over.${sticky}`,
        `${protocol} ${hostPort(address, port)}`,
        ...targets.map(({ ip, port: at, weight = 1 }) => {
          const share = scheduler === "wrr" ? ` weight ${weight}` : "";
          return `  -> ${hostPort(ip, at)}${share}`;
        }),
        "",
      ];
    },
  );
}
