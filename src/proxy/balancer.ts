/** Which target gets the next connection, in userspace mode: as its scheduler says, or the client's own with session affinity. */
import { isDeepStrictEqual } from "node:util";
import { type AddressRange, addressRange } from "../machinery/address-range.ts";
import type { Target } from "./compile.ts";
import type { Frontend } from "./frontends.ts";
import { type Client, makeScheduler, type Scheduler, type SchedulerName } from "./scheduler.ts";

/** Clients remembered per Service port before the longest idle one is forgotten. */
const mostClients = 65_536;

export class Balancer {
  #targets: readonly Target[] = [];
  #affinityMs: number | undefined;
  /** Ranges that clients must come from. */
  #sources: readonly AddressRange[] | undefined;
  #scheduler: Scheduler = makeScheduler(undefined);
  #schedulerName: SchedulerName | undefined;
  /** Open connections by target, `ip:port`. */
  readonly #connections = new Map<string, number>();
  /** Client address → its target and when it last came; longest idle first. */
  readonly #clients = new Map<string, { target: Target; seen: number }>();

  set(frontend: Pick<Frontend, "targets" | "affinitySeconds" | "scheduler" | "sources">): void {
    const { targets, affinitySeconds, scheduler, sources } = frontend;
    this.#targets = targets;
    if (scheduler !== this.#schedulerName) this.#scheduler = makeScheduler(scheduler);
    this.#schedulerName = scheduler;
    this.#sources = sources?.map(addressRange);
    this.#affinityMs = affinitySeconds === undefined ? undefined : affinitySeconds * 1000;
    if (this.#affinityMs === undefined) this.#clients.clear();
  }

  has(target: Target): boolean {
    return this.#targets.some((other) => isDeepStrictEqual(other, target));
  }

  /**
   * Targets in the order in which to try them: the one whose turn it is first. None for a client that may not come.
   * @param now milliseconds, for affinity's idle time.
   */
  order(client: Client, now: number): readonly Target[] {
    if (this.#sources && !mayCome(client, this.#sources)) return [];
    const targets = this.#targets;
    const remembered = this.#remembered(client, now);
    if (remembered) return [remembered, ...targets.filter((target) => target !== remembered)];
    if (targets.length === 0) return [];
    const first = this.#scheduler.pick(targets, client, (target) => this.#connections.get(placeOf(target)) ?? 0);
    return [...targets.slice(first), ...targets.slice(0, first)];
  }

  /** The client was connected to the target: with affinity it comes back to it. Each call is followed by one of `closed`. */
  connected(client: Client, target: Target, now: number): void {
    this.#connections.set(placeOf(target), (this.#connections.get(placeOf(target)) ?? 0) + 1);
    const address = this.#affinityMs === undefined ? undefined : client.remoteAddress;
    if (address === undefined) return;
    this.#clients.delete(address);
    this.#clients.set(address, { target, seen: now });
    if (this.#clients.size <= mostClients) return;
    for (const longestIdle of this.#clients.keys()) {
      this.#clients.delete(longestIdle);
      return;
    }
  }

  closed(target: Target): void {
    const left = (this.#connections.get(placeOf(target)) ?? 0) - 1;
    if (left > 0) this.#connections.set(placeOf(target), left);
    else this.#connections.delete(placeOf(target));
  }

  #remembered(client: Client, now: number): Target | undefined {
    if (this.#affinityMs === undefined) return undefined;
    const entry = this.#clients.get(client.remoteAddress ?? "");
    if (!entry) return undefined;
    if (now - entry.seen > this.#affinityMs) return undefined;
    return this.#targets.find((target) => target.ip === entry.target.ip && target.port === entry.target.port);
  }
}

function mayCome({ remoteAddress }: Client, sources: readonly AddressRange[]): boolean {
  return remoteAddress !== undefined && sources.some((range) => range.has(remoteAddress));
}

function placeOf({ ip, port }: Target): string {
  return `${ip}:${port}`;
}
