/**
 * Chooses what an instance runs with, from the options given, what it chose at its first start, and what the host
 * already uses. Pure; the reading of the host is in host-networks.ts.
 */
import { hostname } from "node:os";
import { formatCidr, overlaps, parseCidr, tryParseCidr } from "../machinery/cidr.ts";
import { type DaemonOptions, UserError } from "../machinery/daemon.ts";
import { instanceFlags } from "../machinery/instance-paths.ts";

/** What an instance keeps from its first start on. */
export interface KeptSettings {
  /** Of the instance that the directory is for; absent in files that were written before this was kept. */
  name?: string;
  /** Absent likewise. */
  nodeName?: string;
  podCidr: string;
  serviceCidr: string;
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
  const podCidr = range("Pod", "--pod-cidr", options, options.podCidr, kept?.podCidr, podCandidates, taken);
  const withPods = [...taken, { cidr: podCidr, by: "the Pods of this instance" }];
  const serviceCidr = range(
    "Service",
    "--service-cidr",
    options,
    options.serviceCidr,
    kept?.serviceCidr,
    serviceCandidates,
    withPods,
  );
  return {
    podCidr,
    serviceCidr,
    port: options.port ?? kept?.port ?? 6443,
    nodePortRange: options.nodePortRange
      ? parsePortRange(options.nodePortRange)
      : (kept?.nodePortRange ?? { from: 30_000, to: 32_767 }),
  };
}

function range(
  what: "Pod" | "Service",
  flag: string,
  options: DaemonOptions,
  given: string | undefined,
  kept: string | undefined,
  candidates: readonly string[],
  taken: readonly TakenRange[],
): string {
  if (given !== undefined) checkRange(what, flag, given);
  if (kept !== undefined) {
    if (given !== undefined && given !== kept) {
      throw new UserError(
        `The instance "${options.name}" was made with the ${what} range ${kept}; ${flag} ${given} would move it. To begin anew: skiff reset --yes${instanceFlags(options.name, options.dataDir)}`,
      );
    }
    return kept;
  }
  if (given !== undefined) {
    const holder = taken.find((other) => clash(given, other));
    if (holder) {
      throw new UserError(
        `${flag} ${given} overlaps ${holder.cidr}, ${holder.by}. Give another range, or none: Skiff then takes a free one`,
      );
    }
    return given;
  }
  const free = candidates.find((candidate) => !taken.some((other) => clash(candidate, other)));
  if (free) return free;
  throw new UserError(`No free range for ${what}s was found among the private addresses. Name one with ${flag}`);
}

function checkRange(what: string, flag: string, given: string): void {
  const parsed = tryParseCidr(given);
  if (!parsed) throw new UserError(`${flag} ${given} is not an IPv4 range such as 10.244.0.0/16`);
  if (parsed.prefix < 8 || parsed.prefix > 24) {
    throw new UserError(`${flag} ${given} has a wrong size: a ${what} range goes from /8 to /24`);
  }
  if (formatCidr(parsed) !== given) {
    throw new UserError(`${flag} ${given} has host bits set; did you mean ${formatCidr(parsed)}?`);
  }
}

function clash(cidr: string, other: TakenRange): boolean {
  return overlaps(parseCidr(cidr), parseCidr(other.cidr));
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
