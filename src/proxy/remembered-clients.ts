/** Clients of Services with `sessionAffinity: ClientIP`, as the kernel remembers them in the table's dynamic maps. Pure. */
import type { RuleSet } from "./compile.ts";
import { frontendsOf } from "./frontends.ts";
import { keyOf } from "./nft-elements.ts";

/** Client, address and port of the Service → endpoint; for NodePorts without the address, which may be any of the host's. */
export const clientMaps = { address: "clients", nodeport: "nodeport-clients" } as const;

export interface RememberedClient {
  map: (typeof clientMaps)[keyof typeof clientMaps];
  /** `192.0.2.2 . 10.96.7.10 . tcp . 80`; of a NodePort `192.0.2.2 . tcp . 30080`. */
  key: string;
  /** `10.244.0.5 . 8080` */
  endpoint: string;
  /** Seconds that the client is remembered from when it comes, and that are left of them. */
  timeout: number;
  expires: number;
}

interface JsonElement {
  elem: { val: { concat: (string | number)[] }; timeout: number; expires: number };
}

/** What `nft -j list map` prints of a map → its elements. */
export function parseClients(map: RememberedClient["map"], json: string): RememberedClient[] {
  const { nftables } = JSON.parse(json) as {
    nftables: { map?: { elem?: [JsonElement, { concat: (string | number)[] }][] } }[];
  };
  return nftables.flatMap(({ map: listed }) =>
    (listed?.elem ?? []).map(([{ elem }, value]) => ({
      map,
      key: elem.val.concat.join(" . "),
      endpoint: value.concat.join(" . "),
      timeout: elem.timeout,
      expires: elem.expires,
    })),
  );
}

/** Those that would be sent where the Service has no endpoint (any more). */
export function strayClients(clients: readonly RememberedClient[], rules: RuleSet): RememberedClient[] {
  if (clients.length === 0) return [];
  const endpoints = new Map<string, Set<string>>();
  for (const frontend of [...rules.values()].flatMap(frontendsOf)) {
    // Clients are remembered in the table of IPv4 only.
    if (frontend.affinitySeconds === undefined || frontend.ipv6) continue;
    endpoints.set(keyOf(frontend), new Set(frontend.targets.map(({ ip, port }) => `${ip} . ${port}`)));
  }
  return clients.filter(({ key, endpoint }) => !endpoints.get(key.slice(key.indexOf(" . ") + 3))?.has(endpoint));
}

/** As text for `add element`: with what is left of its time. */
export function rememberedElement({ map, key, endpoint, timeout, expires }: RememberedClient): string {
  return `${map} { ${key} timeout ${timeout}s expires ${Math.max(1, expires)}s : ${endpoint} }`;
}

/** As text for `delete element`. */
export function forgottenElement({ map, key }: RememberedClient): string {
  return `${map} { ${key} }`;
}
