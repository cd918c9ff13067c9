/**
 * Finds servers that send questions back to us: a stub resolver on the host whose own server is the cluster's DNS. A name
 * that nobody else can know is asked of the server; if the question comes back, it goes round.
 */
import { randomBytes } from "node:crypto";
import { encode, RECURSION_DESIRED } from "dns-packet";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/log.ts";
import { exchange, type Server } from "./exchange.ts";

/** How long a question may take to come back. */
const probeMs = 1_000;
/** A server is not examined more often. */
const againMs = 10_000;

export interface LoopGuardOptions {
  clock: Clock;
  log: Logger;
  /** What the user knows the list of servers by: `/etc/resolv.conf`. */
  source: string;
}

export class LoopGuard {
  readonly #options: LoopGuardOptions;
  /** Names under way → what to do when one comes back. */
  readonly #probes = new Map<string, () => void>();
  readonly #examined = new Map<string, number>();
  readonly #looping = new Set<string>();

  constructor(options: LoopGuardOptions) {
    this.#options = options;
  }

  /** Whether the name is one of our own questions, come back. */
  isProbe(name: string): boolean {
    const cameBack = this.#probes.get(name);
    cameBack?.();
    return cameBack !== undefined;
  }

  /** The servers that are worth asking. Those that sent questions back are examined again, as they may have been mended. */
  allowed(servers: readonly Server[]): readonly Server[] {
    if (this.#looping.size === 0) return servers;
    for (const server of servers) if (this.#looping.has(server.address)) void this.examine(server);
    return servers.filter(({ address }) => !this.#looping.has(address));
  }

  /** @returns whether the server is known to send questions back. */
  async examine(server: Server): Promise<boolean> {
    const { clock, log, source } = this.#options;
    const { address } = server;
    const before = this.#examined.get(address);
    if (before !== undefined && clock.now() - before < againMs) return this.#looping.has(address);
    this.#examined.set(address, clock.now());
    const looping = await this.#comesBack(server);
    if (looping && !this.#looping.has(address)) {
      this.#looping.add(address);
      log.warn(
        { server: address },
        `DNS loop: the server ${address} of ${source} sends questions back to the cluster's DNS, so it is not asked any more; let it ask another server than the cluster's`,
      );
    } else if (!looping && this.#looping.delete(address)) {
      log.info({ server: address }, `the DNS server ${address} of ${source} does not send questions back any more`);
    }
    return this.#looping.has(address);
  }

  /** Forgets what was found out about servers: the list is another. */
  forget(): void {
    this.#examined.clear();
    this.#looping.clear();
  }

  async #comesBack(server: Server): Promise<boolean> {
    const name = `${randomBytes(8).toString("hex")}.${randomBytes(8).toString("hex")}`;
    const query = encode({
      type: "query",
      id: randomBytes(2).readUInt16BE(),
      flags: RECURSION_DESIRED,
      questions: [{ type: "HINFO", name }],
    });
    const end = new AbortController();
    using _timer = this.#options.clock.after(probeMs, () => end.abort());
    let back = false;
    this.#probes.set(name, () => {
      back = true;
      end.abort();
    });
    await exchange(server, query, query.length, "udp", end.signal).catch(() => {});
    end.abort();
    this.#probes.delete(name);
    return back;
  }
}
