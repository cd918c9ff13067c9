/** The host's own resolver and hosts file, which Pods inherit from. */
import { readFile } from "node:fs/promises";
import { onHost } from "../machinery/host-root.ts";
import { parseResolvConf, type ResolvConf } from "../machinery/resolv-conf.ts";
import { isLoopback } from "./network-files.ts";

/** systemd-resolved shows a stub on loopback in /etc/resolv.conf, and here the servers behind it, which Pods can reach. */
const resolvConfs = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/** The first of them that names a server other than on loopback, else the host's own. */
export async function hostResolver(): Promise<ResolvConf> {
  const found: ResolvConf[] = [];
  for (const path of resolvConfs) {
    const text = await readFile(await onHost(path), "utf8").catch(() => undefined);
    if (text !== undefined) found.push(parseResolvConf(text));
  }
  const reachable = found.find(({ nameservers }) => nameservers.some((address) => !isLoopback(address)));
  return reachable ?? found[0] ?? { nameservers: [], searches: [], options: [] };
}

export async function hostHosts(): Promise<string> {
  return readFile(await onHost("/etc/hosts"), "utf8").catch(() => "127.0.0.1\tlocalhost\n");
}
