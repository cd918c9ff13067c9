/**
 * Keeps the rules of all Services in force. A change is compiled for the Services concerned only, and handed to the
 * back end together with everything else that changed meanwhile.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Client } from "../machinery/client.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/log.ts";
import { dnsAddress } from "../machinery/network-names.ts";
import { ServiceSlices } from "../machinery/service-slices.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import type { Traffic } from "../machinery/traffic.ts";
import { Claims } from "./claims.ts";
import {
  type CompileContext,
  compileService,
  podUidsOf,
  type RuleChange,
  type RuleSet,
  type ServiceRules,
} from "./compile.ts";
import { HealthChecks } from "./health-checks.ts";
import { setUpHostNetwork } from "./host-network.ts";
import { NftablesBackend } from "./nftables.ts";
import type { Endpoint, RuleBackend } from "./rule-backend.ts";
import { UserspaceBackend } from "./userspace.ts";

export interface ProxyOptions {
  client: Pick<Client, "watch">;
  settings: ClusterSettings;
  clock: Clock;
  log: Logger;
}

/** What the proxy does its work with. */
export interface ProxyTools {
  backend: RuleBackend;
  /** Prepares the host's network; false when the Pods' bridge is not there yet, so that it must be done again. */
  setUpHost(): Promise<boolean>;
}

const firstRetryMs = 250;
const longestRetryMs = 30_000;
const bridgeRetryMs = 500;
/** How long Services may be without the rules that somebody else has removed, as with `nft flush ruleset`. */
const lookMs = 30_000;

export class ServiceProxy implements Traffic {
  readonly #options: ProxyOptions;
  readonly #tools: ProxyTools;
  readonly #context: CompileContext;
  readonly #listeners = new Set<(podUids: ReadonlySet<string>) => void>();
  /** Services that changed since they were last compiled. */
  readonly #dirty = new Set<string>();
  /** The rules that the back end was given last; in force unless {@link #broken}. */
  readonly #rules = new Map<string, ServiceRules>();
  /** Pods reached by each Service under the rules in force. */
  readonly #inForce = new Map<string, ReadonlySet<string>>();
  readonly #claims = new Claims();
  #slices: ServiceSlices | undefined;
  /** The back end failed: what is in force is unknown until it replaces everything. */
  #broken = false;
  #failures = 0;
  #working: Promise<void> | undefined;
  /** Until the first rules are in force there is nothing to change. */
  #started = false;
  #stopped = false;
  #retry: Disposable | undefined;
  #bridgeRetry: Disposable | undefined;
  #nextLook: Disposable | undefined;

  readonly #healthChecks: HealthChecks;

  /** @param tools those of `settings.proxyMode` if absent. */
  constructor(options: ProxyOptions, tools: ProxyTools = toolsFor(options)) {
    this.#options = options;
    this.#healthChecks = new HealthChecks(options.log);
    this.#tools = tools;
    // The DNS server itself listens on its address: docs/adr/0005-dns-address.md
    const { nodeName } = options.settings;
    this.#context = { nodeName, answeredElsewhere: new Set([dnsAddress(options.settings)]) };
  }

  /**
   * Reads all Services and resolves when their rules are in force, replacing those of an earlier run. The host must have
   * been prepared.
   */
  async start(): Promise<void> {
    this.#slices = new ServiceSlices(this.#options.client, (key) => this.#changed(key));
    this.#compile();
    const began = performance.now();
    await this.#tools.backend.replace(this.#rules);
    const ms = Math.round(performance.now() - began);
    this.#options.log.info({ services: this.#rules.size, ms }, "rules of all Services are in force");
    this.#acknowledge(this.#rules.keys());
    this.#started = true;
    this.#schedule();
    this.#lookLater();
  }

  /** Gives the host what Services need of it besides rules: at the start, and whenever the Pods' bridge was made again. */
  async prepareHost(): Promise<void> {
    const complete = await this.#tools.setUpHost();
    if (complete || this.#stopped) return;
    this.#bridgeRetry = this.#options.clock.after(bridgeRetryMs, () => void this.prepareHost());
  }

  /** Ends this process' part. With nftables the rules stay in force. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#slices?.[Symbol.dispose]();
    this.#retry?.[Symbol.dispose]();
    this.#bridgeRetry?.[Symbol.dispose]();
    this.#nextLook?.[Symbol.dispose]();
    await this.#working;
    await this.#tools.backend.stop();
    this.#healthChecks.stop();
    this.#inForce.clear();
  }

  /** The rules in force, or about to be. */
  get rules(): RuleSet {
    return this.#rules;
  }

  /** Where an open TCP connection from `client` to a Service's address and port was sent, as far as that is known. */
  targetOf(client: Endpoint, frontend: Endpoint): Promise<{ ip: string; port: number } | undefined> {
    return this.#tools.backend.targetOf(client, frontend);
  }

  podsInForce(namespace: string, service: string): ReadonlySet<string> | undefined {
    const key = `${namespace}/${service}`;
    const inForce = this.#inForce.get(key);
    if (inForce) return inForce;
    // A Service that was seen but has no rules in force yet reaches nobody.
    return !this.#stopped && this.#compiled(key) ? new Set() : undefined;
  }

  onChange(listener: (podUids: ReadonlySet<string>) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #changed(key: string): void {
    this.#dirty.add(key);
    // What is changed may be what was in the way: there is no reason to wait long.
    if (this.#retry && this.#failures > 1) {
      this.#retry[Symbol.dispose]();
      this.#failures = 0;
      this.#retryIn(firstRetryMs);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#started || this.#stopped || this.#working || this.#retry) return;
    if (this.#dirty.size === 0 && !this.#broken) return;
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
      this.#schedule();
    });
  }

  /** Puts everything dirty in force. Never rejects. */
  async #work(): Promise<void> {
    // Changes that belong together (a Service and its slices, a rollout's Pods) arrive in one turn.
    await nextTurn();
    const { keys, changes } = this.#compile();
    try {
      if (this.#broken) await this.#tools.backend.replace(this.#rules);
      else if (changes.length > 0) await this.#tools.backend.change(changes, this.#rules);
    } catch (error) {
      this.#failed(error);
      return;
    }
    const everything = this.#broken ? new Set([...this.#rules.keys(), ...this.#inForce.keys()]) : keys;
    this.#broken = false;
    this.#failures = 0;
    this.#acknowledge(everything);
  }

  #failed(error: unknown): void {
    this.#options.log.error({ err: error }, "rules of Services not in force; replacing all of them");
    const delay = this.#broken ? Math.min(firstRetryMs * 2 ** this.#failures++, longestRetryMs) : 0;
    this.#broken = true;
    if (delay > 0 && !this.#stopped) this.#retryIn(delay);
  }

  #lookLater(): void {
    if (!this.#stopped) this.#nextLook = this.#options.clock.after(lookMs, () => void this.#look());
  }

  /** Puts everything in force again when somebody has removed it. Never rejects. */
  async #look(): Promise<void> {
    try {
      if (!this.#stopped && !(await this.#tools.backend.isInForce())) {
        this.#options.log.warn({}, "somebody has removed the rules of Services; putting them in force again");
        this.#broken = true;
        // The same hand may have removed what Services need besides.
        await this.prepareHost();
        this.#schedule();
      }
    } catch (error) {
      this.#options.log.debug({ err: error }, "cannot tell whether the rules of Services are in force");
    }
    this.#lookLater();
  }

  #retryIn(ms: number): void {
    this.#retry = this.#options.clock.after(ms, () => {
      this.#retry = undefined;
      this.#schedule();
    });
  }

  #compiled(key: string): ServiceRules | undefined {
    const service = this.#slices?.service(key);
    return service && compileService(service, this.#slices?.slices(key) ?? [], this.#context);
  }

  /** Compiles everything dirty. @returns the Services looked at, and how the rules of those changed that are not as they were. */
  #compile(): { keys: string[]; changes: RuleChange[] } {
    const compiled = new Map<string, ServiceRules | undefined>();
    for (const key of this.#dirty) {
      const rules = this.#compiled(key);
      compiled.set(key, rules);
      const created = this.#slices?.service(key)?.metadata.creationTimestamp ?? "";
      for (const other of this.#claims.set(key, rules, created)) {
        if (!compiled.has(other)) compiled.set(other, this.#compiled(other));
      }
    }
    this.#dirty.clear();
    const changes = [...compiled].flatMap(
      ([key, rules]) => this.#use(key, rules && this.#claims.owned(key, rules)) ?? [],
    );
    return { keys: [...compiled.keys()], changes };
  }

  /** @returns the change of the Service's rules, or undefined when they stay as they are. */
  #use(key: string, after: ServiceRules | undefined): RuleChange | undefined {
    const before = this.#rules.get(key);
    if (isDeepStrictEqual(before, after)) return undefined;
    if (after) this.#rules.set(key, after);
    else this.#rules.delete(key);
    return { ...(before && { before }), ...(after && { after }) };
  }

  /** Takes over which Pods the Services reach now, and tells who entered or left. */
  #acknowledge(keys: Iterable<string>): void {
    const moved = new Set<string>();
    for (const key of keys) {
      const rules = this.#rules.get(key);
      const before = this.#inForce.get(key) ?? new Set<string>();
      const after = rules ? podUidsOf(rules) : new Set<string>();
      for (const uid of before) if (!after.has(uid)) moved.add(uid);
      for (const uid of after) if (!before.has(uid)) moved.add(uid);
      this.#healthChecks.set(key, rules);
      if (rules) this.#inForce.set(key, after);
      else this.#inForce.delete(key);
    }
    if (moved.size > 0) for (const listener of this.#listeners) listener(moved);
  }
}

function toolsFor({ settings, log }: ProxyOptions): ProxyTools {
  const backend = settings.proxyMode === "nftables" ? new NftablesBackend(settings, log) : new UserspaceBackend(log);
  return { backend, setUpHost: () => setUpHostNetwork(settings, log) };
}
