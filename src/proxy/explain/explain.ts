/** What `skiff proxy rules` prints. */
import type { ClusterSettings } from "../../machinery/settings.ts";
import type { ServiceRules } from "../compile.ts";
import { tablesOf } from "../nftables.ts";
import { explainIptables } from "./iptables.ts";
import { explainIpvs } from "./ipvs.ts";
import { explainNftables } from "./nftables.ts";
import { explainUserspace } from "./userspace.ts";

export const views = ["iptables", "ipvs"] as const;

/** As another kind of proxy would have written them. */
export type View = (typeof views)[number];

/**
 * @param key of the Service, `namespace/name`.
 * @param view undefined for the rules that are in force.
 * @param hostAddresses every address of the host.
 */
export function explain(
  key: string,
  rules: ServiceRules,
  view: View | undefined,
  settings: ClusterSettings,
  hostAddresses: readonly string[],
): string {
  const lines =
    view === "iptables"
      ? explainIptables(key, rules, settings)
      : view === "ipvs"
        ? explainIpvs(rules, hostAddresses)
        : settings.proxyMode === "nftables"
          ? explainNftables(tablesOf(settings), rules)
          : explainUserspace(rules);
  return [`# Service ${key}`, ...lines].join("\n").trimEnd();
}
