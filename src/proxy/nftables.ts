/** Rules in the kernel, through `nft`: connections never pass through this process, and outlive it. */
import { addressRange } from "../machinery/address-range.ts";
import type { Logger } from "../machinery/log.ts";
import { bridgeName, tableName } from "../machinery/network-names.ts";
import { runCommand } from "../machinery/run-command.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import type { RuleChange, RuleSet, ServiceRules } from "./compile.ts";
import { forgetStaleFlows, forgetStrayFlows, targetOfFlow } from "./conntrack.ts";
import { HairpinPorts } from "./hairpin.ts";
import { covers, type NftFamily, podAddressesOf, type Shape, shapeOf } from "./nft-elements.ts";
import {
  addHairpin,
  changeCommands,
  deleteHairpin,
  replaceScript,
  type TableContent,
  type TableSettings,
} from "./nft-script.ts";
import { NftSession } from "./nft-session.ts";
import {
  clientMaps,
  forgottenElement,
  parseClients,
  type RememberedClient,
  strayClients,
} from "./remembered-clients.ts";
import type { Endpoint, RuleBackend } from "./rule-backend.ts";

/** Above this a transaction goes to a fresh `nft -f`, which takes any size. */
const longestLine = 32_768;

const leastSize = 16;

/** More than is needed now: the next power of two of endpoints, so that a growing Service seldom needs a new table. */
function roomFor(needed: Shape, present: Shape): Shape {
  let size = leastSize;
  while (size < needed.size) size *= 2;
  return {
    size,
    affinities: new Set([...present.affinities, ...needed.affinities]),
    restricts: present.restricts || needed.restricts,
  };
}

/** The tables of the instance: one, or two of the same name in a dual-stack cluster. */
export function tablesOf(settings: ClusterSettings): TableSettings[] {
  const { podCidr, serviceCidr, ipv6 } = settings;
  const ofFamily = (family: NftFamily, ranges: { podCidr: string; serviceCidr: string }): TableSettings => ({
    family,
    table: tableName(settings),
    bridge: bridgeName(settings),
    serviceCidr: ranges.serviceCidr,
    podCidr: ranges.podCidr,
    pods: addressRange(ranges.podCidr),
  });
  return [ofFamily("ip", { podCidr, serviceCidr }), ...(ipv6 ? [ofFamily("ip6", ipv6)] : [])];
}

export class NftablesBackend implements RuleBackend {
  /** One for each family of the cluster, of one name. */
  readonly #tables: readonly TableSettings[];
  readonly #name: string;
  readonly #log: Logger;
  readonly #session = new NftSession();
  readonly #ports: HairpinPorts;
  /** What the chains of every table can serve. */
  #shape: Shape = { size: 0, affinities: new Set(), restricts: false };
  /** How many Services send traffic to a Pod address. */
  #hairpin = new Map<string, number>();

  constructor(settings: ClusterSettings, log: Logger) {
    this.#tables = tablesOf(settings);
    this.#name = tableName(settings);
    this.#log = log;
    this.#ports = new HairpinPorts(bridgeName(settings), log);
  }

  async replace(rules: RuleSet): Promise<void> {
    const shape = roomFor(shapeOf(rules.values()), this.#shape);
    const clients = shape.affinities.size > 0 ? await this.#clients() : [];
    const strays = new Set(strayClients(clients, rules));
    const hairpin = this.#countHairpin(rules);
    const kept = clients.filter((client) => !strays.has(client));
    const contentOf = (table: TableSettings): TableContent => ({
      services: rules.values(),
      podAddresses: this.#ofTable(table, [...hairpin.keys()]),
      shape,
      clients: table.family === "ip" ? kept : [],
    });
    const script = (): string => this.#tables.map((table) => replaceScript(table, contentOf(table))).join("\n");
    await Promise.all([this.#ports.enable(), runCommand("nft", ["-f", "-"], script)]);
    // What the session believes is about the table that was just deleted.
    this.#session.close();
    this.#shape = shape;
    this.#hairpin = hairpin;
    await this.#forgetFlows(() => forgetStrayFlows(rules));
  }

  async change(changes: readonly RuleChange[], rules: RuleSet): Promise<void> {
    if (!covers(this.#shape, shapeOf(changes.flatMap(({ after }) => after ?? [])))) return this.replace(rules);
    const hairpin = this.#hairpinAfter(changes);
    const commands = this.#tables.flatMap((table) => [
      ...changeCommands(table, changes),
      ...deleteHairpin(table, this.#ofTable(table, hairpin.left)),
      ...addHairpin(table, this.#ofTable(table, hairpin.entered)),
    ]);
    if (hairpin.entered.length > 0) await this.#ports.enable();
    if (commands.length > 0) await this.#run(commands);
    for (const [ip, count] of hairpin.counts) {
      if (count > 0) this.#hairpin.set(ip, count);
      else this.#hairpin.delete(ip);
    }
    await this.#forgetFlows(() => forgetStaleFlows(changes));
    if (changes.some(({ before }) => before?.ports.some((port) => port.affinitySeconds !== undefined))) {
      await this.#forgetClients(rules);
    }
  }

  /** Looks at the names of tables only, which costs the kernel nothing however many Services there are. */
  async isInForce(): Promise<boolean> {
    const present = new Set((await runCommand("nft", ["list", "tables"])).split("\n"));
    return this.#tables.every(({ family, table }) => present.has(`table ${family} ${table}`));
  }

  targetOf(client: Endpoint, frontend: Endpoint): Promise<{ ip: string; port: number } | undefined> {
    return targetOfFlow(client, frontend);
  }

  /** The rules stay in force: Services answer while Skiff is away. */
  async stop(): Promise<void> {
    this.#session.close();
  }

  /** Clients that the kernel remembers; none where there is no table. Only that of IPv4 remembers any. */
  async #clients(): Promise<RememberedClient[]> {
    const maps = Object.values(clientMaps);
    const listed = await Promise.all(
      maps.map(async (map) => {
        const list = ["-j", "list", "map", "ip", this.#name, map];
        const json = await runCommand("nft", list).catch(() => '{"nftables":[]}');
        return parseClients(map, json);
      }),
    );
    return listed.flat();
  }

  /** Clients remembered at endpoints that left are sent to others from now on. */
  async #forgetClients(rules: RuleSet): Promise<void> {
    for (const client of strayClients(await this.#clients(), rules)) {
      // It may have been forgotten by itself meanwhile.
      const command = `delete element ip ${this.#name} ${forgottenElement(client)}`;
      await runCommand("nft", [command]).catch(() => {});
    }
  }

  async #run(commands: readonly string[]): Promise<void> {
    const length = commands.reduce((sum, command) => sum + command.length, 0);
    if (length <= longestLine) return this.#session.run(commands);
    await runCommand("nft", ["-f", "-"], `${commands.join("\n")}\n`);
  }

  /** Where there is one table, all addresses are its own. */
  #ofTable({ pods }: TableSettings, addresses: readonly string[]): readonly string[] {
    return this.#tables.length === 1 ? addresses : addresses.filter(pods.has);
  }

  #podAddressesOf(rules: ServiceRules | undefined): string[] {
    return this.#tables.flatMap(({ pods }) => [...podAddressesOf(rules, pods)]);
  }

  #countHairpin(rules: RuleSet): Map<string, number> {
    const counts = new Map<string, number>();
    for (const service of rules.values()) {
      for (const ip of this.#podAddressesOf(service)) counts.set(ip, (counts.get(ip) ?? 0) + 1);
    }
    return counts;
  }

  /** Counts of the Pod addresses that the changes touch, and which of them are new or no longer needed. */
  #hairpinAfter(changes: readonly RuleChange[]) {
    const counts = new Map<string, number>();
    const add = (rules: ServiceRules | undefined, by: number): void => {
      for (const ip of this.#podAddressesOf(rules)) {
        counts.set(ip, (counts.get(ip) ?? this.#hairpin.get(ip) ?? 0) + by);
      }
    };
    for (const { before, after } of changes) {
      add(before, -1);
      add(after, 1);
    }
    const touched = [...counts];
    return {
      counts,
      entered: touched.filter(([ip, count]) => count > 0 && !this.#hairpin.has(ip)).map(([ip]) => ip),
      left: touched.filter(([ip, count]) => count === 0 && this.#hairpin.has(ip)).map(([ip]) => ip),
    };
  }

  async #forgetFlows(forget: () => Promise<void>): Promise<void> {
    try {
      await forget();
    } catch (error) {
      // The rules are in force all the same; without `conntrack` a busy UDP client stays with its old endpoint.
      this.#log.warn({ err: error }, "cannot forget UDP flows to endpoints that left");
    }
  }
}
