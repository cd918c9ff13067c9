/** The host's own resolver and hosts file, which Pods inherit from. */
import { readFile } from "node:fs/promises";
import { onHost } from "../machinery/host-root.ts";
import { parseResolvConf, type Resolver } from "./network-files.ts";

/** systemd-resolved shows a stub on loopback in /etc/resolv.conf, and here the servers behind it, which Pods can reach. */
const resolvConfs = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

const isLoopback = (address: string) => address.startsWith("127.") || address === "::1";

/** The first resolver that can be reached from within a Pod. */
export async function hostResolver(): Promise<Resolver> {
  let last: Resolver = { nameservers: [], searches: [], options: [] };
  for (const path of resolvConfs) {
    const text = await readFile(await onHost(path), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    last = parseResolvConf(text);
    const reachable = last.nameservers.filter((address) => !isLoopback(address));
    if (reachable.length > 0) return { ...last, nameservers: reachable };
  }
  return last;
}

export async function hostHosts(): Promise<string> {
  return readFile(await onHost("/etc/hosts"), "utf8").catch(() => "127.0.0.1\tlocalhost\n");
}
