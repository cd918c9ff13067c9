/**
 * UDP has no connections to end: the kernel keeps sending a client's packets to the endpoint it first chose for as long as
 * packets flow. When that endpoint leaves a Service, its entries are deleted, so that the next packet is spread anew.
 * Rule: https://kubernetes.io/docs/reference/networking/virtual-ips/ (kube-proxy's conntrack clean-up).
 */
import type { RuleChange, ServiceRules } from "./compile.ts";
import { CommandError, runCommand } from "./run-command.ts";

/** Arguments of the `conntrack` calls that forget the UDP flows which the changes made stale. Pure. */
export function staleFlows(changes: readonly RuleChange[]): string[][] {
  return changes
    .flatMap(({ before, after }) => {
      const kept = new Set(after ? flowsOf(after) : []);
      return before ? flowsOf(before).filter((flow) => !kept.has(flow)) : [];
    })
    .map((flow) => ["-D", "-p", "udp", ...flow.split(" ")]);
}

/** One text per UDP frontend and target; for a NodePort, every host address is meant. */
function flowsOf(rules: ServiceRules): string[] {
  return rules.ports
    .filter((port) => port.protocol === "udp")
    .flatMap((port) =>
      port.targets.flatMap((target) => [
        ...port.addresses.map((ip) => `--orig-dst ${ip} --orig-port-dst ${port.port} --dst-nat ${target.ip}`),
        ...(port.nodePort === undefined ? [] : [`--orig-port-dst ${port.nodePort} --dst-nat ${target.ip}`]),
      ]),
    );
}

/** Deletes the stale entries. @throws CommandError when `conntrack` is missing or refuses. */
export async function forgetStaleFlows(changes: readonly RuleChange[]): Promise<void> {
  for (const args of staleFlows(changes)) {
    try {
      await runCommand("conntrack", args);
    } catch (error) {
      // It ends with 1 when there was nothing to delete.
      const nothing = error instanceof CommandError && error.stderr.includes("0 flow entries have been deleted");
      if (!nothing) throw error;
    }
  }
}
