export { cleanUpProxy } from "./clean-up.ts";
export { probeNftables } from "./probe-nftables.ts";
export { type ProxyOptions, ServiceProxy } from "./proxy.ts";
