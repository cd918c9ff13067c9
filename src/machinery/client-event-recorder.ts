/** Records Events through the API, in the background. */
import type { Client } from "./client.ts";
import { type Clock, timestamp } from "./clock.ts";
import { EventCorrelator, type Series } from "./event-correlator.ts";
import type { EventRecorder, EventSubject } from "./event-recorder.ts";
import type { Logger } from "./log.ts";
import { events } from "./resource.ts";
import { StatusError } from "./status-error.ts";
import type { ObjectReference } from "./types.ts";

/** Series with a write under way; beyond it Events are dropped, so that a stuck disk does not fill the memory. */
const mostAtOnce = 1000;

export interface EventRecorderOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  /** Who reports: `deployment-controller`, `kubelet`. */
  component: string;
  /** The node, for components that belong to one. */
  host?: string;
}

interface Writing {
  /** Name of the Event that holds the series, once there is one. */
  name: string;
  /** Something happened since the write under way began. */
  again: boolean;
  done: Promise<void> | undefined;
}

export class ClientEventRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator: EventCorrelator;
  /** By series, which the correlator keeps as long as it counts. */
  readonly #written = new WeakMap<Series, Writing>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = new EventCorrelator(options.clock);
  }

  record(about: EventSubject, type: "Normal" | "Warning", reason: string, message: string): void {
    const series = this.#correlator.observe({ about: referenceTo(about), type, reason, message });
    if (!series) return;
    const writing = this.#written.get(series) ?? { name: "", again: false, done: undefined };
    this.#written.set(series, writing);
    if (writing.done) {
      // Counts that come in during a write are written together afterwards.
      writing.again = true;
      return;
    }
    if (this.#underWay.size >= mostAtOnce) {
      this.#options.log.warn({ reason, message }, "too many Events at once; this one is dropped");
      return;
    }
    const done = this.#write(series, writing).finally(() => {
      writing.done = undefined;
      this.#underWay.delete(done);
    });
    writing.done = done;
    this.#underWay.add(done);
  }

  /** Resolves when everything recorded so far is written or given up. */
  async flush(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #write(series: Series, writing: Writing): Promise<void> {
    do {
      writing.again = false;
      try {
        await this.#writeOnce(series, writing);
      } catch (error) {
        // As in Kubernetes, an Event that the API refuses (namespace gone, shutting down) is not tried again.
        this.#options.log.debug({ error: String(error), reason: series.reason }, "an Event was not written");
      }
    } while (writing.again);
  }

  async #writeOnce(series: Series, writing: Writing): Promise<void> {
    const { client } = this.#options;
    if (writing.name) {
      const key = { namespace: namespaceOf(series), name: writing.name };
      const change = { count: series.count, lastTimestamp: timestamp(series.last), message: series.message };
      try {
        await client.patch(events, key, "merge", change);
        return;
      } catch (error) {
        if (!StatusError.is(error, "NotFound")) throw error;
      }
    }
    writing.name = uniqueName(series.about.name ?? "", this.#options.clock.now());
    const { component, host } = this.#options;
    await client.create(events, {
      metadata: { namespace: namespaceOf(series), name: writing.name },
      involvedObject: series.about,
      reason: series.reason,
      message: series.message,
      source: { component, ...(host && { host }) },
      firstTimestamp: timestamp(series.first),
      lastTimestamp: timestamp(series.last),
      count: series.count,
      type: series.type,
      reportingComponent: component,
      reportingInstance: host ?? "",
    });
  }
}

/** Events about cluster-scoped objects live in `default`. */
function namespaceOf(series: Series): string {
  return series.about.namespace || "default";
}

function referenceTo(about: EventSubject): ObjectReference {
  if (!("metadata" in about)) return about;
  const { namespace, name, uid, resourceVersion } = about.metadata;
  return {
    kind: about.kind,
    ...(namespace && { namespace }),
    name,
    uid,
    apiVersion: about.apiVersion,
    resourceVersion,
  };
}

let lastNanoseconds = 0n;

/** `web.18a4f0c2b1e3d400`: time in nanoseconds, raised where the clock is too coarse to tell two Events apart. */
function uniqueName(object: string, now: number): string {
  const nanoseconds = BigInt(Math.floor(now)) * 1_000_000n;
  lastNanoseconds = nanoseconds > lastNanoseconds ? nanoseconds : lastNanoseconds + 1n;
  return `${object}.${lastNanoseconds.toString(16)}`;
}
