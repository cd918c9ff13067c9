export { ResolvedLink } from "./resolved-link.ts";
export { DnsServer } from "./server.ts";
