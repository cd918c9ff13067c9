export { cleanUpProxy } from "./clean-up.ts";
export type { Target } from "./compile.ts";
export { considerPods } from "./explain/consider.ts";
export { excludedEndpoints } from "./explain/consider-endpoints.ts";
export { explain, type View, views } from "./explain/explain.ts";
export { enableIpv6Forwarding } from "./host-network.ts";
export { probeNftables } from "./probe-nftables.ts";
export { ServiceProxy } from "./proxy.ts";
