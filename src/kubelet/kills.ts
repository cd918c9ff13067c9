/** Ends containers: preStop hook, the image's stop signal, and SIGKILL after the grace period. */
import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../machinery/clock.ts";
import type { ContainerRuntime, RuntimeContainer } from "../machinery/container-runtime.ts";
import type { EventRecorder } from "../machinery/event-recorder.ts";
import type { Logger } from "../machinery/log.ts";
import type { Stored } from "../machinery/object.ts";
import type { Container, Pod } from "../machinery/types.ts";
import type { ContainerCache } from "./container-cache.ts";
import { runHook } from "./probes/hook.ts";
import { containerReference } from "./references.ts";

export interface KillOrder {
  pod: Stored<Pod>;
  /** Undefined when the spec knows it no more: then there is no hook. */
  container: Container | undefined;
  instance: RuntimeContainer;
  podIp: string;
  /** Text of the Event `Killing`. */
  message: string;
  graceSeconds: number;
}

/** However short the grace period, a process gets this long to end by itself. */
const leastGraceMs = 2_000;

interface Running {
  done: Promise<void>;
  /** Moves the end of the grace period, if that makes it earlier. */
  shorten(graceSeconds: number): void;
}

export interface KillsOptions {
  runtime: Pick<ContainerRuntime, "signal" | "unpause" | "exec">;
  cache: ContainerCache;
  events: EventRecorder;
  clock: Clock;
  log: Logger;
}

export class Kills {
  readonly #options: KillsOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: KillsOptions) {
    this.#options = options;
  }

  /** Begins to end a container, or shortens the grace it was given before. @returns when it does not run any more. */
  kill(order: KillOrder): Promise<void> {
    const { id } = order.instance;
    const present = this.#running.get(id);
    if (present) {
      present.shorten(order.graceSeconds);
      return present.done;
    }
    // Whoever ordered it may have looked a moment ago: what has ended since is not told of again.
    if (this.#options.cache.get(id)?.state === "exited") return Promise.resolve();
    const expiry = this.#expiry(order.graceSeconds);
    const done = this.#end(order, expiry.reached).finally(() => {
      expiry.cancel();
      this.#running.delete(id);
    });
    this.#running.set(id, { done, shorten: expiry.shorten });
    return done;
  }

  isKilling(id: string): boolean {
    return this.#running.has(id);
  }

  #expiry(graceSeconds: number) {
    const { clock } = this.#options;
    const begun = clock.now();
    let due = Number.POSITIVE_INFINITY;
    let timer: Disposable | undefined;
    let reach: () => void;
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const shorten = (seconds: number) => {
      const wanted = begun + Math.max(leastGraceMs, seconds * 1000);
      if (wanted >= due) return;
      due = wanted;
      timer?.[Symbol.dispose]();
      timer = clock.after(due - clock.now(), () => reach());
    };
    shorten(graceSeconds);
    return { reached, shorten, cancel: () => timer?.[Symbol.dispose]() };
  }

  async #end(order: KillOrder, expired: Promise<void>): Promise<void> {
    const { runtime, cache, events, log } = this.#options;
    const { pod, container, instance } = order;
    const stopped = cache.stopped(instance.id);
    const name = container?.name ?? "";
    events.record(containerReference(pod, name), "Normal", "Killing", order.message);
    try {
      // A frozen process can take no signal but SIGKILL.
      if (cache.get(instance.id)?.state === "paused") await runtime.unpause(instance.id);
      await this.#preStop(order, expired);
      await runtime.signal(instance.id, instance.stopSignal);
      const ended = await Promise.race([stopped.then(() => true), expired.then(() => false)]);
      if (ended) return;
      await runtime.signal(instance.id, "SIGKILL");
      await stopped;
    } catch (error) {
      log.warn({ container: name, id: instance.id, error: String(error) }, "cannot end a container; trying again");
      // Whoever ordered it looks at what runs, and orders it again; not at once, or the two would spin.
      await Promise.race([stopped, wait(1_000, undefined, { ref: false })]);
    }
  }

  async #preStop({ pod, container, instance, podIp }: KillOrder, expired: Promise<void>): Promise<void> {
    const { runtime, events } = this.#options;
    const hook = container?.lifecycle?.preStop;
    if (!container || !hook) return;
    try {
      await Promise.race([runHook(hook, { runtime, container, id: instance.id, podIp }), expired]);
    } catch {
      // Its words may hold secrets: the Event tells only that it failed.
      events.record(containerReference(pod, container.name), "Warning", "FailedPreStopHook", "PreStopHook failed");
    }
  }
}
