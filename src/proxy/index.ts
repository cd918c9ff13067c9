export { cleanUpProxy } from "./clean-up.ts";
export { probeNftables } from "./probe-nftables.ts";
export { ServiceProxy } from "./proxy.ts";
