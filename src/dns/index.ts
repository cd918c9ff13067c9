export { type DnsOptions, DnsServer } from "./server.ts";
