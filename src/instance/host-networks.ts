/** What address ranges the host uses already: its routes. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import type { TakenRange } from "./choose-settings.ts";

const run = promisify(execFile);

type IpFamily = "IPv4" | "IPv6";

/** Flags of `ip`. */
const versions = { IPv4: "-4", IPv6: "-6" } as const;

interface Route {
  dst: string;
  dev?: string;
  gateway?: string;
}

/** Every host's: its loopback, its links, groups. */
const everyHosts = /^(127\.|::1$|fe80:|ff00:)/;

/** Routes of the main table and `local` ranges wider than one address. */
export async function routes(families: readonly IpFamily[]): Promise<(TakenRange & { dev: string })[]> {
  const taken: (TakenRange & { dev: string })[] = [];
  for (const family of families) {
    for (const table of ["main", "local"]) {
      const { stdout } = await run("ip", [versions[family], "-j", "route", "show", "table", table]);
      for (const route of JSON.parse(stdout || "[]") as Route[]) {
        const isOne = !route.dst.includes("/");
        if (route.dst === "default" || (table === "local" && isOne) || everyHosts.test(route.dst)) continue;
        const dev = route.dev ?? "";
        const cidr = isOne ? `${route.dst}/${family === "IPv4" ? 32 : 128}` : route.dst;
        taken.push({ cidr, by: `a route of this host (dev ${dev})`, dev });
      }
    }
  }
  return taken;
}

/** The host's own IPv4 address for its node object: that of the default route's interface, else any, else loopback. */
export async function hostAddress(): Promise<string> {
  return (await ownAddress("IPv4")) ?? "127.0.0.1";
}

/** The same for IPv6; undefined when it has only loopback and link-local addresses. */
export function hostIpv6Address(): Promise<string | undefined> {
  return ownAddress("IPv6");
}

async function ownAddress(wanted: IpFamily): Promise<string | undefined> {
  const interfaces = networkInterfaces();
  const { stdout } = await run("ip", [versions[wanted], "-j", "route", "show", "default"]).catch(() => ({
    stdout: "[]",
  }));
  const device = (JSON.parse(stdout || "[]") as Route[])[0]?.dev;
  const all = Object.entries(interfaces).flatMap(([name, addresses]) =>
    (addresses ?? [])
      .filter(({ family, internal, address }) => family === wanted && !internal && !everyHosts.test(address))
      .map(({ address }) => ({ name, address })),
  );
  return (all.find(({ name }) => name === device) ?? all[0])?.address;
}

/** Every address of the host, IPv4 first; of IPv6 those that have a meaning without naming an interface. */
export function hostAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [
    ...all.filter(({ family }) => family === "IPv4"),
    ...all.filter(({ family, scopeid }) => family === "IPv6" && !scopeid),
  ].map(({ address }) => address);
}

/** @returns why a dual-stack cluster cannot be had on this host; undefined when it can. */
export function ipv6Lacking(): string | undefined {
  const file = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
  if (!existsSync(file)) return "this kernel has no IPv6";
  if (readFileSync(file, "utf8").trim() === "0") return undefined;
  return "IPv6 is switched off on this host (sysctl net.ipv6.conf.all.disable_ipv6=0 switches it on)";
}
