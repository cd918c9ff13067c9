/**
 * The cluster's domain: answers questions from the records of all Services. A change replaces the records of one Service.
 * Rule: https://github.com/kubernetes/dns/blob/master/docs/specification.md, RFC 2308 (negative answers).
 */
import { isIPv6 } from "node:net";
import { type AddressRange, addressRange } from "../machinery/address-range.ts";
import { parseIpv4 } from "../machinery/cidr.ts";
import { dnsAddress } from "../machinery/network-names.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import { rcodes, recordTypes } from "./message.ts";
import type { ServiceRecords } from "./records.ts";
import { addressOf, reverseDomainOf, reverseName } from "./reverse-name.ts";
import type { RecordData, Reply, ResourceRecord } from "./wire.ts";

/** Seconds that answers may be remembered: CoreDNS' default for Services. */
const ttl = 5;
/** Aliases followed within one answer. */
const longestAliasChain = 8;

export interface ZoneReply extends Reply {
  /** The answer ends with an alias to this name, which lies outside the cluster's domain. */
  outside?: string;
  /** Key of the Service whose records alone make up the answer. */
  owner?: string;
}

interface Known {
  records: readonly RecordData[];
  /** Key of the Service; empty for the zone's own. */
  owner: string;
}

export class Zone {
  readonly #domain: string;
  readonly #ranges: readonly AddressRange[];
  readonly #namespaceExists: (name: string) => boolean;
  readonly #services = new Map<string, ServiceRecords>();
  readonly #names = new Map<string, Known>();
  /** Names that exist only because longer ones do → how many of those there are. */
  readonly #parents = new Map<string, number>();
  /** Reverse name of an address → what it leads to, by Service. */
  readonly #reverse = new Map<string, Map<string, string>>();
  #serial = 1;

  constructor(
    settings: Pick<ClusterSettings, "clusterDomain" | "podCidr" | "serviceCidr" | "ipv6">,
    namespaceExists: (name: string) => boolean,
  ) {
    this.#domain = settings.clusterDomain.toLowerCase();
    const { podCidr, serviceCidr, ipv6 } = settings;
    const cidrs = [podCidr, serviceCidr, ...(ipv6 ? [ipv6.podCidr, ipv6.serviceCidr] : [])];
    this.#ranges = cidrs.map(addressRange);
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
    if (this.#isInside(name)) return this.#forward(name, type);
    const reverseDomain = reverseDomainOf(name);
    return reverseDomain === undefined ? undefined : this.#reverseLookup(name, type, reverseDomain);
  }

  #isInside(name: string): boolean {
    return name === this.#domain || name.endsWith(`.${this.#domain}`);
  }

  /** The code of an answer with aliases is that of the name they lead to (RFC 6604). */
  #forward(name: string, type: number): ZoneReply {
    const answers: ResourceRecord[] = [];
    const passed = new Set<string>();
    for (let at = name; ; ) {
      const known = this.#recordsAt(at);
      if (!known) return { ...this.#negative(rcodes.NXDOMAIN, this.#domain), answers };
      const found = matching(at, known.records, type);
      answers.push(...found);
      const alias = known.records.find(isAlias);
      if (!alias || type === recordTypes.CNAME) {
        const owner = passed.size === 0 && known.owner !== "" ? { owner: known.owner } : {};
        if (found.length === 0) return { ...this.#negative(rcodes.NOERROR, this.#domain), answers, ...owner };
        return { ...positive(answers), additional: this.#targetsOf(answers), ...owner };
      }
      passed.add(at);
      at = alias.target.toLowerCase();
      if (!this.#isInside(at)) return { ...positive(answers), outside: alias.target };
      if (passed.has(at) || passed.size >= longestAliasChain) return positive(answers);
    }
  }

  #reverseLookup(name: string, type: number, domain: string): ZoneReply | undefined {
    const names = this.#reverse.get(name);
    if (!names) {
      const address = addressOf(name);
      // Others may know who has an address that is not the cluster's.
      const ours = address !== undefined && this.#ranges.some((range) => range.has(address));
      return ours ? this.#negative(rcodes.NXDOMAIN, domain) : undefined;
    }
    const records = [...names.values()].map((target): RecordData => ({ type: "PTR", target }));
    const answers = matching(name, records, type);
    return answers.length > 0 ? positive(answers) : this.#negative(rcodes.NOERROR, domain);
  }

  /** What is known of a name; no records when it exists without any, undefined when it does not exist. */
  #recordsAt(name: string): Known | undefined {
    const known = this.#names.get(name);
    if (name === this.#domain) return { records: [this.#soa(), ...(known?.records ?? [])], owner: "" };
    if (known) return known;
    if (this.#parents.has(name)) return none;
    const labels = name.slice(0, -this.#domain.length - 1).split(".");
    const kind = labels.at(-1);
    const namespace = labels.at(-2);
    if (namespace === undefined || !this.#namespaceExists(namespace)) return undefined;
    if (labels.length === 2 && (kind === "svc" || kind === "pod")) return none;
    if (labels.length !== 3 || kind !== "pod") return undefined;
    const address = podAddress(labels[0] ?? "");
    return address && { records: [address], owner: "" };
  }

  #targetsOf(answers: readonly ResourceRecord[]): ResourceRecord[] {
    const targets = new Set(answers.flatMap(({ data }) => (data.type === "SRV" ? data.target : [])));
    return [...targets].flatMap((target) => {
      const records = this.#names.get(target)?.records ?? [];
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
      this.#names.set(name, { records, owner: serviceKey });
      this.#hold(name);
    }
    for (const [address, name] of reverse) {
      const place = reverseName(address);
      const holders = this.#reverse.get(place) ?? new Map<string, string>();
      this.#reverse.set(place, holders.set(serviceKey, name));
    }
  }

  #remove(serviceKey: string, { names, reverse }: ServiceRecords): void {
    this.#services.delete(serviceKey);
    for (const name of names.keys()) {
      this.#names.delete(name);
      this.#release(name);
    }
    for (const address of reverse.keys()) {
      const place = reverseName(address);
      const holders = this.#reverse.get(place);
      holders?.delete(serviceKey);
      if (holders?.size === 0) this.#reverse.delete(place);
    }
  }

  /** Counts the name among its parent's children, which makes the parent exist, and its parents. */
  #hold(name: string): void {
    for (let parent = this.#parentOf(name); parent !== undefined; parent = this.#parentOf(parent)) {
      const children = this.#parents.get(parent) ?? 0;
      this.#parents.set(parent, children + 1);
      if (children > 0) return;
    }
  }

  #release(name: string): void {
    for (let parent = this.#parentOf(name); parent !== undefined; parent = this.#parentOf(parent)) {
      const children = (this.#parents.get(parent) ?? 0) - 1;
      if (children > 0) {
        this.#parents.set(parent, children);
        return;
      }
      this.#parents.delete(parent);
    }
  }

  /** The next name on the way to the cluster's domain. */
  #parentOf(name: string): string | undefined {
    const parent = name.slice(name.indexOf(".") + 1);
    return parent.length > this.#domain.length ? parent : undefined;
  }
}

const none: Known = { records: [], owner: "" };

/** A Pod's own name needs no record: it says the address (`10-244-0-5`, `fd00--5`). */
function podAddress(label: string): RecordData | undefined {
  const ipv4 = label.replaceAll("-", ".");
  if (parseIpv4(ipv4) !== undefined) return { type: "A", address: ipv4 };
  const ipv6 = label.replaceAll("-", ":");
  return isIPv6(ipv6) ? { type: "AAAA", address: ipv6 } : undefined;
}

/** Records that answer a question of this type: an alias answers every one, and ANY gets one type only (RFC 8482). */
function matching(name: string, records: readonly RecordData[], type: number): ResourceRecord[] {
  const wanted = type === recordTypes.ANY && records[0] ? recordTypes[records[0].type] : type;
  return records
    .filter((data) => recordTypes[data.type] === wanted || data.type === "CNAME")
    .map((data) => ({ name, ttl, data }));
}

function isAlias(data: RecordData): data is Extract<RecordData, { type: "CNAME" | "PTR" | "NS" }> {
  return data.type === "CNAME";
}

function positive(answers: readonly ResourceRecord[]): ZoneReply {
  return { rcode: rcodes.NOERROR, answers, authority: [], additional: [] };
}
