/**
 * The cluster's domain: answers questions from the records of all Services. A change replaces the records of one Service.
 * Rule: https://github.com/kubernetes/dns/blob/master/docs/specification.md, RFC 2308 (negative answers).
 */
import { type Cidr, contains, formatIpv4, parseCidr, parseIpv4 } from "../machinery/cidr.ts";
import { dnsAddress } from "../machinery/network-names.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import type { ServiceRecords } from "./records.ts";
import { type RecordData, type Reply, type ResourceRecord, rcodes, recordTypes } from "./wire.ts";

/** Seconds that answers may be remembered: CoreDNS' default for Services. */
const ttl = 5;
const reverseDomain = "in-addr.arpa";
/** Aliases followed within one answer. */
const longestAliasChain = 8;

export interface ZoneReply extends Reply {
  /** The answer ends with an alias to this name, which lies outside the cluster's domain. */
  outside?: string;
}

export class Zone {
  readonly #domain: string;
  readonly #cidrs: readonly Cidr[];
  readonly #namespaceExists: (name: string) => boolean;
  readonly #services = new Map<string, ServiceRecords>();
  readonly #names = new Map<string, readonly RecordData[]>();
  /** Names that exist only because longer ones do → how many of those there are. */
  readonly #parents = new Map<string, number>();
  /** Address → reverse names by Service. */
  readonly #reverse = new Map<string, Map<string, string>>();
  #serial = 1;

  constructor(
    settings: Pick<ClusterSettings, "clusterDomain" | "podCidr" | "serviceCidr">,
    namespaceExists: (name: string) => boolean,
  ) {
    this.#domain = settings.clusterDomain.toLowerCase();
    this.#cidrs = [parseCidr(settings.podCidr), parseCidr(settings.serviceCidr)];
    this.#namespaceExists = namespaceExists;
    const primary = `ns.dns.${this.#domain}`;
    this.#add("", {
      names: new Map<string, RecordData[]>([
        [primary, [{ type: "A", address: dnsAddress(settings) }]],
        [this.#domain, [{ type: "NS", target: primary }]],
        [`dns-version.${this.#domain}`, [{ type: "TXT", text: "1.1.0" }]],
        // They exist even before the first Service does.
        [`svc.${this.#domain}`, []],
        [`pod.${this.#domain}`, []],
      ]),
      reverse: new Map(),
    });
  }

  /** Replaces the Service's records; undefined removes them. */
  set(serviceKey: string, records: ServiceRecords | undefined): void {
    const before = this.#services.get(serviceKey);
    if (before) this.#remove(serviceKey, before);
    if (records) this.#add(serviceKey, records);
    this.#serial++;
  }

  /**
   * @param name lower case, without the final dot.
   * @returns undefined for a name that is not the cluster's to answer.
   */
  answer(name: string, type: number): ZoneReply | undefined {
    if (name === this.#domain || name.endsWith(`.${this.#domain}`)) return this.#forward(name, type);
    if (name.endsWith(`.${reverseDomain}`)) return this.#reverseLookup(name, type);
    return undefined;
  }

  #forward(name: string, type: number): ZoneReply {
    const answers: ResourceRecord[] = [];
    let at = name;
    for (let step = 0; step < longestAliasChain; step++) {
      const records = this.#recordsAt(at);
      if (!records) return answers.length > 0 ? positive(answers) : this.#negative(rcodes.NXDOMAIN, this.#domain);
      answers.push(...matching(at, records, type));
      const alias = records.find(isAlias);
      if (!alias || type === recordTypes.CNAME) break;
      at = alias.target.toLowerCase();
      if (!at.endsWith(`.${this.#domain}`)) return { ...positive(answers), outside: alias.target };
    }
    if (answers.length === 0) return this.#negative(rcodes.NOERROR, this.#domain);
    return { ...positive(answers), additional: this.#targetsOf(answers) };
  }

  #reverseLookup(name: string, type: number): ZoneReply | undefined {
    const address = addressOf(name);
    if (address === undefined) return undefined;
    const names = this.#reverse.get(address);
    if (!names) {
      // Others may know who has an address that is not the cluster's.
      return this.#cidrs.some((cidr) => contains(cidr, address))
        ? this.#negative(rcodes.NXDOMAIN, reverseDomain)
        : undefined;
    }
    const records = [...names.values()].map((target): RecordData => ({ type: "PTR", target }));
    const answers = matching(name, records, type);
    return answers.length > 0 ? positive(answers) : this.#negative(rcodes.NOERROR, reverseDomain);
  }

  /** What is known of a name; empty when it exists without records, undefined when it does not exist. */
  #recordsAt(name: string): readonly RecordData[] | undefined {
    if (name === this.#domain) return [...(this.#names.get(name) ?? []), this.#soa()];
    const records = this.#names.get(name);
    if (records) return records;
    if (this.#parents.has(name)) return [];
    const labels = name.slice(0, -this.#domain.length - 1).split(".");
    const kind = labels.at(-1);
    const namespace = labels.at(-2);
    if (namespace === undefined || !this.#namespaceExists(namespace)) return undefined;
    if (labels.length === 2 && (kind === "svc" || kind === "pod")) return [];
    // A Pod's own name needs no record: it says the address.
    const address = kind === "pod" && labels.length === 3 ? labels[0]?.replaceAll("-", ".") : undefined;
    return address !== undefined && parseIpv4(address) !== undefined ? [{ type: "A", address }] : undefined;
  }

  #targetsOf(answers: readonly ResourceRecord[]): ResourceRecord[] {
    const targets = new Set(answers.flatMap(({ data }) => (data.type === "SRV" ? data.target : [])));
    return [...targets].flatMap((target) => {
      const records = this.#names.get(target) ?? [];
      return [...matching(target, records, recordTypes.A), ...matching(target, records, recordTypes.AAAA)];
    });
  }

  #negative(rcode: 0 | 3, owner: string): ZoneReply {
    return { rcode, answers: [], authority: [{ name: owner, ttl, data: this.#soa() }], additional: [] };
  }

  #soa(): RecordData {
    const primary = `ns.dns.${this.#domain}`;
    return { type: "SOA", primary, mailbox: `hostmaster.${this.#domain}`, serial: this.#serial >>> 0, minimum: ttl };
  }

  #add(serviceKey: string, { names, reverse }: ServiceRecords): void {
    this.#services.set(serviceKey, { names, reverse });
    for (const [name, records] of names) {
      this.#names.set(name, records);
      for (const parent of this.#parentsOf(name)) this.#parents.set(parent, (this.#parents.get(parent) ?? 0) + 1);
    }
    for (const [address, name] of reverse) {
      const holders = this.#reverse.get(address) ?? new Map<string, string>();
      this.#reverse.set(address, holders.set(serviceKey, name));
    }
  }

  #remove(serviceKey: string, { names, reverse }: ServiceRecords): void {
    this.#services.delete(serviceKey);
    for (const name of names.keys()) {
      this.#names.delete(name);
      for (const parent of this.#parentsOf(name)) {
        const children = (this.#parents.get(parent) ?? 0) - 1;
        if (children > 0) this.#parents.set(parent, children);
        else this.#parents.delete(parent);
      }
    }
    for (const address of reverse.keys()) {
      const holders = this.#reverse.get(address);
      holders?.delete(serviceKey);
      if (holders?.size === 0) this.#reverse.delete(address);
    }
  }

  /** The names between this one and the cluster's domain. */
  #parentsOf(name: string): string[] {
    const parents: string[] = [];
    for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
      const parent = name.slice(dot + 1);
      if (parent.length <= this.#domain.length) break;
      parents.push(parent);
    }
    return parents;
  }
}

/** Records that answer a question of this type: an alias answers every one. */
function matching(name: string, records: readonly RecordData[], type: number): ResourceRecord[] {
  return records
    .filter((data) => recordTypes[data.type] === type || type === recordTypes.ANY || data.type === "CNAME")
    .map((data) => ({ name, ttl, data }));
}

function isAlias(data: RecordData): data is Extract<RecordData, { type: "CNAME" | "PTR" | "NS" }> {
  return data.type === "CNAME";
}

function positive(answers: readonly ResourceRecord[]): ZoneReply {
  return { rcode: rcodes.NOERROR, answers, authority: [], additional: [] };
}

/** `10.0.96.10.in-addr.arpa` → `10.96.0.10`; undefined for what names no single address. */
function addressOf(name: string): string | undefined {
  const reversed = parseIpv4(name.slice(0, -reverseDomain.length - 1));
  if (reversed === undefined) return undefined;
  return formatIpv4(reversed).split(".").reverse().join(".");
}
