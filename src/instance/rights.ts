/** What Skiff needs of the kernel: routes for Services (CAP_NET_ADMIN) and DNS on port 53 (CAP_NET_BIND_SERVICE). */
import { readFileSync } from "node:fs";

export const asRoot = "Run skiff as root, as with: sudo skiff up";

const dnsPort = 53;

/**
 * @param status text of `/proc/<pid>/status`, where `CapEff` is a bit mask (capabilities(7)).
 * @param firstFreePort `net.ipv4.ip_unprivileged_port_start`: from here on ports need no capability.
 * @returns names of the capabilities that are missing.
 */
export function missingCapabilities(status: string, firstFreePort: number): string[] {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const has = (bit: bigint): boolean => ((mask >> bit) & 1n) === 1n;
  return [
    ...(has(12n) ? [] : ["CAP_NET_ADMIN"]),
    ...(has(10n) || dnsPort >= firstFreePort ? [] : ["CAP_NET_BIND_SERVICE"]),
  ];
}

/** @returns what cannot be done, and why, when this process lacks a right; undefined when it has all. */
export function rightsLacking(): string | undefined {
  const missing = missingCapabilities(
    readFileSync("/proc/self/status", "utf8"),
    Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8")),
  );
  if (missing.length === 0) return undefined;
  return `Skiff may not make the routes of Services, or serve DNS on port ${dnsPort}: ${missing.join(" and ")} missing`;
}
