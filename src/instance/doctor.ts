/** `skiff doctor`: what Skiff needs of this machine, what it found, and what to do where the two differ. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { type DaemonOptions, type Finding, UserError } from "../machinery/daemon.ts";
import { rangesOf } from "../machinery/network-names.ts";
import { chooseSettings, type KeptSettings, type TakenRange } from "./choose-settings.ts";
import { choosePort, isDnsPortFree } from "./ports.ts";
import { asRoot, rightsLacking } from "./rights.ts";

/** What the components can tell, handed over by `main`. Each rejects or returns a reason where something is missing. */
export interface Probes {
  docker(): Promise<{ version: string; apiVersion: string; cgroupVersion: string; storageDriver: string }>;
  /** A reason why nftables cannot be used; undefined when it can. */
  nftables(): Promise<string | undefined>;
  takenRanges(): Promise<readonly TakenRange[]>;
  kept(): KeptSettings | undefined;
  /** True while this very instance runs: its own ports and ranges are then no conflict. */
  running(): Promise<boolean>;
}

const oldestNode = [20, 19] as const;
const oldestDocker = [20, 10] as const;
const enoughDiskBytes = 2 * 2 ** 30;

export async function examine(options: DaemonOptions, probes: Probes): Promise<Finding[]> {
  const running = await probes.running();
  return [
    node(process.versions.node),
    await docker(probes),
    rights(),
    await nftables(probes),
    kernelModule(),
    forwarding(),
    await ranges(options, probes),
    await dnsPort(),
    await port(options, probes, running),
    await disk(options.dataDir),
  ];
}

/** `a.b` of a version against the oldest that will do. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return a > major || (a === major && b >= minor);
}

function node(version: string): Finding {
  if (isAtLeast(version, oldestNode)) return { check: "Node.js", level: "ok", found: version };
  return {
    check: "Node.js",
    level: "error",
    found: version,
    remedy: `install Node.js ${oldestNode.join(".")} or newer`,
  };
}

async function docker(probes: Probes): Promise<Finding> {
  const check = "Docker";
  try {
    const { version, apiVersion, cgroupVersion, storageDriver } = await probes.docker();
    const found = `Engine ${version} (API ${apiVersion}), cgroup v${cgroupVersion}, ${storageDriver}`;
    if (isAtLeast(version, oldestDocker)) return { check, level: "ok", found };
    return { check, level: "error", found, remedy: `install Docker Engine ${oldestDocker.join(".")} or newer` };
  } catch (error) {
    return {
      check,
      level: "error",
      found: error instanceof Error ? error.message : String(error),
      remedy:
        "install and start Docker (https://docs.docker.com/engine/install/), and see that your user may use its socket",
    };
  }
}

function rights(): Finding {
  const check = "Rights";
  const lacking = rightsLacking();
  if (!lacking) return { check, level: "ok", found: "routes and the DNS port can be had" };
  return { check, level: "error", found: lacking, remedy: asRoot };
}

async function nftables(probes: Probes): Promise<Finding> {
  const reason = await probes.nftables();
  if (!reason) return { check: "nftables", level: "ok", found: "rules can be installed: Services run at kernel speed" };
  return {
    check: "nftables",
    level: "warning",
    found: reason,
    remedy:
      "Services will go through userspace, which is slower; for kernel speed install nftables and run skiff as root",
  };
}

function kernelModule(): Finding {
  const check = "br_netfilter";
  const file = "/proc/sys/net/bridge/bridge-nf-call-iptables";
  if (existsSync(file)) return { check, level: "ok", found: "loaded" };
  return {
    check,
    level: "warning",
    found: "not loaded",
    remedy: "modprobe br_netfilter (skiff up tries it by itself as root)",
  };
}

function forwarding(): Finding {
  const check = "ip_forward";
  const on = readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim() === "1";
  if (on) return { check, level: "ok", found: "on" };
  return {
    check,
    level: "warning",
    found: "off",
    remedy: "sysctl -w net.ipv4.ip_forward=1 (Docker does so when it starts)",
  };
}

async function ranges(options: DaemonOptions, probes: Probes): Promise<Finding> {
  const check = "Addresses";
  try {
    const chosen = chooseSettings(options, probes.kept(), await probes.takenRanges());
    const found = `Pods ${rangesOf(chosen, "podCidr")}, Services ${rangesOf(chosen, "serviceCidr")}`;
    return { check, level: "ok", found };
  } catch (error) {
    return {
      check,
      level: "error",
      found: (error as Error).message,
      // Without an engine there is nobody to ask for its ranges.
      remedy:
        error instanceof UserError ? "name free ranges with --pod-cidr and --service-cidr" : "see to Docker first",
    };
  }
}

async function port(options: DaemonOptions, probes: Probes, running: boolean): Promise<Finding> {
  const check = "API port";
  const wanted = options.port ?? probes.kept()?.port ?? 6443;
  if (running) return { check, level: "ok", found: `${wanted}, held by this instance` };
  try {
    const chosen = await choosePort(wanted, options.port !== undefined);
    const found = chosen === wanted ? "" : `${wanted} is another instance's, `;
    return { check, level: "ok", found: `${found}${chosen} is free` };
  } catch {
    const remedy = "choose another with --port";
    return { check, level: "error", found: `${wanted} on 127.0.0.1 is in use`, remedy };
  }
}

/** The DNS server binds one address of its own; only who binds port 53 of every address is in its way. */
async function dnsPort(): Promise<Finding> {
  const check = "DNS port";
  if (await isDnsPortFree()) return { check, level: "ok", found: "53 can be had on the cluster's DNS address" };
  return {
    check,
    level: "error",
    found: "53 cannot be had: another program listens on it on every address, or it takes root",
    remedy: "see who does (ss -lntup 'sport = :53') and let it listen on addresses of its own; run skiff as root",
  };
}

async function disk(dataDir: string): Promise<Finding> {
  let directory = dataDir;
  while (!existsSync(directory)) directory = dirname(directory);
  const check = "Disk";
  try {
    accessSync(directory, constants.W_OK);
  } catch {
    return {
      check,
      level: "error",
      found: `${directory} cannot be written`,
      remedy: "name another place with --data-dir",
    };
  }
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const found = `${(free / 2 ** 30).toFixed(1)} GiB free in ${directory}`;
  if (free >= enoughDiskBytes) return { check, level: "ok", found };
  return {
    check,
    level: "warning",
    found,
    remedy: "free some space: images and containers need it (docker system prune)",
  };
}
