/** Decides `--proxy-mode auto`. */

import { CommandError, runCommand } from "../machinery/run-command.ts";
import type { NftFamily } from "./nft-elements.ts";

/** Everything the rules need of the kernel and of `nft`, in a transaction that is only checked. */
const probe = (ip: NftFamily): string => `
add table ${ip} skiff-probe
add map ${ip} skiff-probe endpoints { typeof ${ip} daddr . meta l4proto . th dport . numgen random mod 2 : ${ip} daddr . th dport; }
add chain ${ip} skiff-probe spread
add rule ${ip} skiff-probe spread meta l4proto { tcp, udp, sctp } dnat ${ip} to ${ip} daddr . meta l4proto . th dport . numgen random mod 2 map @endpoints
add chain ${ip} skiff-probe output { type nat hook output priority -105; policy accept; }
add rule ${ip} skiff-probe output fib daddr type local jump spread
`;

/**
 * @param families that the cluster has.
 * @returns undefined when nftables can be used here, else a sentence that says why not and what to do.
 */
export async function probeNftables(families: readonly NftFamily[] = ["ip"]): Promise<string | undefined> {
  try {
    await runCommand("nft", ["--check", "--file", "-"], families.map(probe).join(""));
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.message.endsWith("not installed")) {
      return "the command nft is not installed; install the package nftables";
    }
    if (/Operation not permitted|must be root/i.test(error.stderr)) {
      return "nft may not change the kernel's rules; run Skiff as root or with CAP_NET_ADMIN";
    }
    return `nft or the kernel lacks what the rules need (${error.stderr.trim().split("\n")[0]}); nft 1.0 and Linux 5.10 or later have it`;
  }
}
