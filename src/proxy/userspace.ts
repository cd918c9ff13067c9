/**
 * Rules as sockets of this process: it listens on every cluster IP (the host-network set-up makes them the host's own) and
 * NodePort that has targets, and passes connections on. What has no targets has no socket, so it is refused at once.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "../machinery/log.ts";
import { Balancer } from "./balancer.ts";
import type { RuleChange, RuleSet, ServiceRules } from "./compile.ts";
import { type Frontend, frontendsOf } from "./frontends.ts";
import type { Listener } from "./listener.ts";
import type { Endpoint, RuleBackend } from "./rule-backend.ts";
import { TcpListener } from "./tcp-listener.ts";
import { UdpListener } from "./udp-listener.ts";

interface Open {
  balancer: Balancer;
  listener: Listener;
}

/** Where a frontend listens: a NodePort at every address of its family. */
function addressOf({ address, ipv6 }: Frontend): string {
  return address ?? (ipv6 ? "::" : "0.0.0.0");
}

/** How long a client's target is looked for: 50 times 10 ms. */
const mostLooks = 50;
const lookMs = 10;

/** How often a port that another process has is tried again. */
const busyRetryMs = 2_000;

export class UserspaceBackend implements RuleBackend {
  readonly #log: Logger;
  readonly #open = new Map<string, Open>();
  /** Closed to newcomers, but still serving connections under way. */
  readonly #closing = new Set<Listener>();
  /** Wanted, but another process has the port. */
  readonly #busy = new Map<string, Frontend>();
  #retry: NodeJS.Timeout | undefined;
  /** Calls of one back end never overlap, and retries are calls too. */
  #last: Promise<void> = Promise.resolve();
  #rules: RuleSet = new Map();

  constructor(log: Logger) {
    this.#log = log;
  }

  async replace(rules: RuleSet): Promise<void> {
    const before = this.#rules;
    const changes: RuleChange[] = [...new Set([...before.keys(), ...rules.keys()])].map((key) => ({
      ...optional("before", before.get(key)),
      ...optional("after", rules.get(key)),
    }));
    this.#rules = new Map(rules);
    await this.change(changes);
  }

  change(changes: readonly RuleChange[]): Promise<void> {
    this.#last = this.#last.then(() => this.#change(changes));
    return this.#last;
  }

  async #change(changes: readonly RuleChange[]): Promise<void> {
    const wanted = new Map<string, Frontend>();
    const touched = new Set<string>();
    for (const { before, after } of changes) {
      for (const [name] of served(before)) touched.add(name);
      for (const [name, frontend] of served(after)) {
        touched.add(name);
        wanted.set(name, frontend);
      }
    }
    for (const name of touched) if (!wanted.has(name)) this.#close(name);
    await Promise.all([...wanted].map(([name, frontend]) => this.#serve(name, frontend)));
  }

  /** Sockets are nobody's but this process'. */
  isInForce(): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** The client is served a moment after it has connected: once its target has accepted. */
  async targetOf(client: Endpoint, { address, port }: Endpoint): Promise<{ ip: string; port: number } | undefined> {
    const listener = this.#open.get(`tcp ${address}:${port}`)?.listener;
    if (!(listener instanceof TcpListener)) return undefined;
    for (let tried = 0; tried < mostLooks; tried++) {
      const target = listener.targetOf(client);
      if (target) return target;
      await wait(lookMs);
    }
    return undefined;
  }

  async stop(): Promise<void> {
    await this.#last;
    clearTimeout(this.#retry);
    this.#busy.clear();
    for (const { listener } of this.#open.values()) listener.destroy();
    for (const listener of this.#closing) listener.destroy();
    this.#open.clear();
    this.#closing.clear();
    this.#rules = new Map();
  }

  async #serve(name: string, frontend: Frontend): Promise<void> {
    const open = this.#open.get(name);
    if (open) {
      open.balancer.set(frontend);
      if (open.listener instanceof UdpListener) open.listener.targetsChanged();
      return;
    }
    const balancer = new Balancer();
    balancer.set(frontend);
    try {
      this.#open.set(name, { balancer, listener: await listen(frontend, balancer) });
      this.#busy.delete(name);
    } catch (error) {
      // One busy port must not keep the other Services from being served.
      if (!this.#busy.has(name)) this.#log.error({ err: error }, `cannot listen on ${name}; will go on trying`);
      this.#busy.set(name, frontend);
      this.#retry ??= setTimeout(() => this.#tryAgain(), busyRetryMs).unref();
    }
  }

  #tryAgain(): void {
    this.#retry = undefined;
    this.#last = this.#last.then(async () => {
      await Promise.all([...this.#busy].map(([name, frontend]) => this.#serve(name, frontend)));
    });
  }

  #close(name: string): void {
    this.#busy.delete(name);
    const open = this.#open.get(name);
    if (!open) return;
    this.#open.delete(name);
    const { listener } = open;
    this.#closing.add(listener);
    void listener.close().then(() => this.#closing.delete(listener));
  }
}

function listen(frontend: Frontend, balancer: Balancer): Promise<Listener> {
  const { protocol, port } = frontend;
  const address = addressOf(frontend);
  return protocol === "tcp" ? TcpListener.listen(address, port, balancer) : UdpListener.bind(address, port, balancer);
}

/** The frontends of a Service that have targets (but for SCTP, which Node.js cannot speak), by where they listen: `tcp 10.96.7.10:80`; `tcp 0.0.0.0:30080` for a NodePort. */
function served(rules: ServiceRules | undefined): Map<string, Frontend> {
  const frontends = frontendsOf(rules).filter(({ protocol, targets }) => protocol !== "sctp" && targets.length > 0);
  return new Map(
    frontends.map((frontend) => [`${frontend.protocol} ${addressOf(frontend)}:${frontend.port}`, frontend]),
  );
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;
}
