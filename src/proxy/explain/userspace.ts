/** How userspace mode serves a Service, with a sentence each. Pure. */
import type { ServiceRules } from "../compile.ts";
import { frontendsOf } from "../frontends.ts";

export function explainUserspace(rules: ServiceRules): string[] {
  return frontendsOf(rules).flatMap(({ protocol, address = "0.0.0.0", port, targets, affinitySeconds }) => {
    if (targets.length === 0) {
      return [
        `# There is no endpoint, so Skiff does not listen, and connections are refused.`,
        `${protocol} ${address}:${port}`,
        "",
      ];
    }
    const sticky =
      affinitySeconds === undefined ? "" : ` A client comes back to the same one for ${affinitySeconds} s.`;
    return [
      `# Skiff listens here, and passes each connection on to the next endpoint in turn; one that refuses is passed over.${sticky}`,
      `${protocol} ${address}:${port}`,
      ...targets.map((target) => `  -> ${target.ip}:${target.port}`),
      "",
    ];
  });
}
