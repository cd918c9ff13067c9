/**
 * Chooses what an instance runs with, from the options given, what it chose at its first start, and what the host
 * already uses. Pure; the reading of the host is in host-networks.ts.
 */
import { hostname } from "node:os";
import { rangesOverlap } from "../machinery/address-range.ts";
import { type DaemonOptions, UserError } from "../machinery/daemon.ts";
import { instanceFlags } from "../machinery/instance-paths.ts";
import type { Ipv6Settings } from "../machinery/settings.ts";
import { checkRange, splitFamilies } from "./given-range.ts";

/** What an instance keeps from its first start on. */
export interface KeptSettings {
  /** Of the instance that the directory is for; absent in files that were written before this was kept. */
  name?: string;
  /** Absent likewise. */
  nodeName?: string;
  podCidr: string;
  serviceCidr: string;
  /** The second ranges of a dual-stack instance. */
  ipv6?: Omit<Ipv6Settings, "nodeAddress">;
  port: number;
  nodePortRange: { from: number; to: number };
}

/** An address range that somebody else uses, and how to say so. */
export interface TakenRange {
  cidr: string;
  /** `the route to eth1`, `the Docker network "app_default"`. */
  by: string;
}

const podCandidates = [
  ...Array.from({ length: 12 }, (_, index) => `10.${244 + index}.0.0/16`),
  ...Array.from({ length: 8 }, (_, index) => `10.${200 + index}.0.0/16`),
  ...Array.from({ length: 8 }, (_, index) => `172.${20 + index}.0.0/16`),
];

const serviceCandidates = [
  ...Array.from({ length: 6 }, (_, index) => `10.${96 + index * 16}.0.0/12`),
  ...Array.from({ length: 8 }, (_, index) => `10.${64 + index}.0.0/16`),
  "172.29.0.0/16",
  "172.30.0.0/16",
  "172.31.0.0/16",
];

/**
 * @param taken ranges of others only: an instance's own leftovers are no conflict.
 * @throws UserError when a given range is malformed, taken, or differs from the one the instance was made with.
 */
export function chooseSettings(
  options: DaemonOptions,
  kept: KeptSettings | undefined,
  taken: readonly TakenRange[],
): KeptSettings {
  const pods = ranges("Pod", "--pod-cidr", options, options.podCidr, ofKept(kept, "podCidr"), podCandidates, taken);
  const ofPods = pods.flatMap((cidr) => cidr ?? []).map((cidr) => ({ cidr, by: "the Pods of this instance" }));
  const withPods = [...taken, ...ofPods];
  const services = ranges(
    "Service",
    "--service-cidr",
    options,
    options.serviceCidr,
    ofKept(kept, "serviceCidr"),
    serviceCandidates,
    withPods,
  );
  const [podCidr, podIpv6] = pods;
  const [serviceCidr, serviceIpv6] = services;
  if ((podIpv6 === undefined) !== (serviceIpv6 === undefined)) {
    const [lacking, example] = podIpv6
      ? ["--service-cidr", `${serviceCidr},fd00:10:96::/112`]
      : ["--pod-cidr", `${podCidr},fd00:10:244::/64`];
    throw new UserError(
      `A dual-stack cluster has an IPv4 and an IPv6 range for Pods and for Services: give ${lacking} both too, such as ${example}`,
    );
  }
  return {
    podCidr,
    serviceCidr,
    ...(podIpv6 !== undefined && serviceIpv6 !== undefined && { ipv6: { podCidr: podIpv6, serviceCidr: serviceIpv6 } }),
    port: options.port ?? kept?.port ?? 6443,
    nodePortRange: options.nodePortRange
      ? parsePortRange(options.nodePortRange)
      : (kept?.nodePortRange ?? { from: 30_000, to: 32_767 }),
  };
}

/** IPv4 first. */
type Ranges = [ipv4: string, ipv6?: string];

function ofKept(kept: KeptSettings | undefined, which: "podCidr" | "serviceCidr"): Ranges | undefined {
  return kept && [kept[which], ...(kept.ipv6 ? ([kept.ipv6[which]] as const) : ([] as const))];
}

function ranges(
  what: "Pod" | "Service",
  flag: string,
  options: DaemonOptions,
  text: string | undefined,
  kept: Ranges | undefined,
  candidates: readonly string[],
  taken: readonly TakenRange[],
): Ranges {
  const given = text === undefined ? undefined : splitFamilies(flag, text);
  if (given) checkRange(what, flag, given);
  if (kept !== undefined) {
    if (given && given.join() !== kept.join()) {
      throw new UserError(
        `The instance "${options.name}" was made with the ${what} range ${kept.join()}; ${flag} ${text} would move it. To begin anew: skiff reset --yes${instanceFlags(options.name, options.dataDir)}`,
      );
    }
    return kept;
  }
  if (given) {
    for (const each of given) {
      const holder = each && taken.find((other) => rangesOverlap(each, other.cidr));
      if (!holder) continue;
      throw new UserError(
        `${flag} ${each} overlaps ${holder.cidr}, ${holder.by}. Give another range, or none: Skiff then takes a free one`,
      );
    }
    return given;
  }
  const free = candidates.find((candidate) => !taken.some((other) => rangesOverlap(candidate, other.cidr)));
  if (free) return [free];
  throw new UserError(`No free range for ${what}s was found among the private addresses. Name one with ${flag}`);
}

/** @throws UserError unless it is `from-to` within 1–65535. */
export function parsePortRange(text: string): { from: number; to: number } {
  const match = /^(\d+)-(\d+)$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  if (!match || from < 1 || to > 65_535 || from > to) {
    throw new UserError(`--node-port-range ${text} is not a range of ports such as 30000-32767`);
  }
  return { from, to };
}

/**
 * The node's name: the host's at the instance's first start, as a DNS subdomain. A host that is named anew (a laptop in
 * another network) stays the same node: its Pods are assigned to that name.
 */
export function nodeName(kept: Pick<KeptSettings, "nodeName"> | undefined, host: string = hostname()): string {
  if (kept?.nodeName) return kept.nodeName;
  const name = host
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, "-")
    .replaceAll(/^[-.]+|[-.]+$/g, "")
    .slice(0, 63);
  return name || "node";
}
