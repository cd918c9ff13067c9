import type { UpReport } from "../machinery/daemon.ts";

const usual = { http: 80, https: 443 };

/** Where Ingresses are served, and why not where one would look: `port 32767 for HTTP (80 is in use), 443 for HTTPS`. */
export function ingressPorts({ http, https }: UpReport["ingress"]): string {
  const inUse = (port: number, wanted: number): string => (port === wanted ? "" : ` (${wanted} is in use)`);
  return `port ${http} for HTTP${inUse(http, usual.http)}, ${https} for HTTPS${inUse(https, usual.https)}`;
}
