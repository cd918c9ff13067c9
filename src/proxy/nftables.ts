/** Rules in the kernel, through `nft`: connections never pass through this process, and outlive it. */
import { parseCidr } from "../machinery/cidr.ts";
import type { Logger } from "../machinery/log.ts";
import { bridgeName, tableName } from "../machinery/network-names.ts";
import { runCommand } from "../machinery/run-command.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import type { RuleChange, RuleSet, ServiceRules } from "./compile.ts";
import { forgetStaleFlows, forgetStrayFlows } from "./conntrack.ts";
import { HairpinPorts } from "./hairpin.ts";
import { largestSize, podAddressesOf } from "./nft-elements.ts";
import { addHairpin, changeCommands, deleteHairpin, replaceScript, type TableSettings } from "./nft-script.ts";
import { NftSession } from "./nft-session.ts";
import type { RuleBackend } from "./rule-backend.ts";

/** Above this a transaction goes to a fresh `nft -f`, which takes any size. */
const longestLine = 32_768;

const leastCapacity = 16;

/** The next power of two, so that a growing Service seldom needs a new table. */
function roomFor(size: number): number {
  let capacity = leastCapacity;
  while (capacity < size) capacity *= 2;
  return capacity;
}

export class NftablesBackend implements RuleBackend {
  readonly #settings: TableSettings;
  readonly #log: Logger;
  readonly #session = new NftSession();
  readonly #ports: HairpinPorts;
  /** The table has chains for Services of up to so many endpoints. */
  #capacity = 0;
  /** How many Services send traffic to a Pod address. */
  #hairpin = new Map<string, number>();

  constructor(settings: ClusterSettings, log: Logger) {
    this.#settings = {
      table: tableName(settings),
      bridge: bridgeName(settings),
      serviceCidr: settings.serviceCidr,
      pods: parseCidr(settings.podCidr),
    };
    this.#log = log;
    this.#ports = new HairpinPorts(this.#settings.bridge, log);
  }

  async replace(rules: RuleSet): Promise<void> {
    await this.#ports.enable();
    const capacity = roomFor(largestSize(rules.values()));
    await runCommand("nft", ["-f", "-"], replaceScript(this.#settings, rules, capacity));
    // What the session believes is about the table that was just deleted.
    this.#session.close();
    this.#capacity = capacity;
    this.#hairpin = new Map();
    for (const service of rules.values()) {
      for (const ip of podAddressesOf(service, this.#settings.pods)) {
        this.#hairpin.set(ip, (this.#hairpin.get(ip) ?? 0) + 1);
      }
    }
    await this.#forgetFlows(() => forgetStrayFlows(rules));
  }

  async change(changes: readonly RuleChange[], rules: RuleSet): Promise<void> {
    if (largestSize(changes.flatMap(({ after }) => after ?? [])) > this.#capacity) return this.replace(rules);
    const { table } = this.#settings;
    const hairpin = this.#hairpinAfter(changes);
    const commands = [
      ...changeCommands(table, changes),
      ...deleteHairpin(table, hairpin.left),
      ...addHairpin(table, hairpin.entered),
    ];
    if (hairpin.entered.length > 0) await this.#ports.enable();
    if (commands.length > 0) await this.#run(commands);
    for (const [ip, count] of hairpin.counts) {
      if (count > 0) this.#hairpin.set(ip, count);
      else this.#hairpin.delete(ip);
    }
    await this.#forgetFlows(() => forgetStaleFlows(changes));
  }

  /** The rules stay in force: Services answer while Skiff is away. */
  async stop(): Promise<void> {
    this.#session.close();
  }

  async #run(commands: readonly string[]): Promise<void> {
    const length = commands.reduce((sum, command) => sum + command.length, 0);
    if (length <= longestLine) return this.#session.run(commands);
    await runCommand("nft", ["-f", "-"], `${commands.join("\n")}\n`);
  }

  /** Counts of the Pod addresses that the changes touch, and which of them are new or no longer needed. */
  #hairpinAfter(changes: readonly RuleChange[]) {
    const counts = new Map<string, number>();
    const add = (rules: ServiceRules | undefined, by: number): void => {
      for (const ip of podAddressesOf(rules, this.#settings.pods)) {
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
