export { DnsServer } from "./server.ts";
