/**
 * To whom an external address belongs that several Services name: nothing keeps users from it, and each address and port can
 * lead to one Service only. A cluster IP is its Service's; of the others the oldest has it, and when that one gives it up the
 * next.
 */
import type { PortRules, ServiceRules } from "./compile.ts";

interface Claim {
  key: string;
  /** Orders the claimants: time of creation, then key. */
  rank: string;
  /** `tcp 80` */
  places: ReadonlySet<string>;
}

export class Claims {
  /** Cluster IP → its Service. */
  readonly #clusterIps = new Map<string, string>();
  /** External address → who claims ports of it. */
  readonly #external = new Map<string, Claim[]>();
  /** What each Service has claimed. */
  readonly #addresses = new Map<string, { cluster: ReadonlySet<string>; external: ReadonlySet<string> }>();

  /**
   * Takes down what a Service claims now.
   * @param rules undefined when it has none any more. @param created as its metadata say.
   * @returns other Services whose addresses are concerned.
   */
  set(key: string, rules: ServiceRules | undefined, created: string): ReadonlySet<string> {
    const others = new Set<string>();
    const concern = (ip: string): void => {
      for (const claim of this.#external.get(ip) ?? []) if (claim.key !== key) others.add(claim.key);
    };
    const before = this.#addresses.get(key);
    for (const ip of [...(before?.cluster ?? []), ...(before?.external ?? [])]) concern(ip);
    for (const ip of before?.cluster ?? []) if (this.#clusterIps.get(ip) === key) this.#clusterIps.delete(ip);
    for (const ip of before?.external ?? []) this.#withdraw(ip, key);
    const cluster = new Set(rules?.ports.flatMap((port) => port.addresses));
    const external = new Map<string, Set<string>>();
    for (const port of rules?.ports ?? []) {
      for (const { ip } of port.externalAddresses ?? []) {
        const places = external.get(ip) ?? new Set();
        external.set(ip, places.add(placeOf(port)));
      }
    }
    for (const ip of cluster) this.#clusterIps.set(ip, key);
    for (const [ip, places] of external) {
      this.#external.set(ip, [...(this.#external.get(ip) ?? []), { key, rank: `${created} ${key}`, places }]);
    }
    if (rules) this.#addresses.set(key, { cluster, external: new Set(external.keys()) });
    else this.#addresses.delete(key);
    for (const ip of [...cluster, ...external.keys()]) concern(ip);
    return others;
  }

  /** The rules without the external addresses that belong to another Service, or are cluster IPs. */
  owned(key: string, rules: ServiceRules): ServiceRules {
    if (!rules.ports.some((port) => port.externalAddresses?.some(({ ip }) => !this.#owns(key, ip, port)))) return rules;
    const ports = rules.ports.map(({ externalAddresses = [], ...port }): PortRules => {
      const left = externalAddresses.filter(({ ip }) => this.#owns(key, ip, port));
      return { ...port, ...(left.length > 0 && { externalAddresses: left }) };
    });
    return { ...rules, ports };
  }

  #owns(key: string, ip: string, port: Pick<PortRules, "protocol" | "port">): boolean {
    if (this.#clusterIps.has(ip)) return false;
    const place = placeOf(port);
    const mine = this.#external.get(ip)?.find((claim) => claim.key === key);
    const older = (claim: Claim): boolean => claim.places.has(place) && claim.rank < (mine?.rank ?? "");
    return this.#external.get(ip)?.some(older) !== true;
  }

  #withdraw(ip: string, key: string): void {
    const left = (this.#external.get(ip) ?? []).filter((claim) => claim.key !== key);
    if (left.length > 0) this.#external.set(ip, left);
    else this.#external.delete(ip);
  }
}

function placeOf({ protocol, port }: Pick<PortRules, "protocol" | "port">): string {
  return `${protocol} ${port}`;
}
