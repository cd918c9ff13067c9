/** Starts every controller, of the kinds and of its own, and stops them in reverse. */
import type { Client } from "../machinery/client.ts";
import { ClientEventRecorder } from "../machinery/client-event-recorder.ts";
import type { Clock } from "../machinery/clock.ts";
import type { ControllerDefinition } from "../machinery/controller.ts";
import type { KindDefinition } from "../machinery/kind.ts";
import type { Logger } from "../machinery/log.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import type { Traffic } from "../machinery/traffic.ts";
import { startEventExpiry } from "./event-expiry.ts";
import { startGarbageCollector } from "./garbage-collector.ts";
import { defaultServiceAccount, rootCaPublisher } from "./namespace-furniture.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { type Running, runController } from "./run-controller.ts";

/** How long stopping waits for reconciles under way. A reconcile may be cut off anywhere, so this is a courtesy. */
const stopLimitMs = 5_000;

export interface ControllerManagerOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  settings: ClusterSettings;
  traffic: Traffic;
  /** Every kind served: their controllers are run, their objects collected and namespaces emptied of them. */
  kinds: readonly KindDefinition[];
  /** The CA's certificate (PEM), published in every namespace as ConfigMap `kube-root-ca.crt`. */
  rootCa: string;
  /** Controllers that are of no kind. */
  others?: readonly ControllerDefinition[];
}

export interface ControllerManager extends AsyncDisposable {
  /** Resolves when reconciles under way are done and their Events written, or after five seconds. */
  stop(): Promise<void>;
}

export function startControllerManager(options: ControllerManagerOptions): ControllerManager {
  const { client, clock, log, settings, traffic, kinds, rootCa, others = [] } = options;
  const aborter = new AbortController();
  const recorders: ClientEventRecorder[] = [];
  const recorderFor = (component: string): ClientEventRecorder => {
    const recorder = new ClientEventRecorder({ client, clock, log, component });
    recorders.push(recorder);
    return recorder;
  };
  const run = (definition: ControllerDefinition): Running =>
    runController(definition, {
      client,
      clock,
      settings,
      traffic,
      events: recorderFor(definition.name),
      log: log.child({ controller: definition.name }),
      signal: aborter.signal,
    });

  const running: Running[] = [
    run(namespaceLifecycle(kinds)),
    run(defaultServiceAccount),
    run(rootCaPublisher(rootCa)),
    ...others.map(run),
    ...kinds.flatMap((kind) => kind.controllers ?? []).map(run),
    startGarbageCollector({
      client,
      clock,
      kinds,
      events: recorderFor("garbage-collector-controller"),
      log: log.child({ controller: "garbage-collector-controller" }),
    }),
    startEventExpiry({ client, clock, log: log.child({ controller: "event-expiry" }) }),
  ];

  const stop = async (): Promise<void> => {
    aborter.abort();
    await Promise.all(running.reverse().map((part) => part.stop(stopLimitMs)));
    await Promise.race([
      Promise.all(recorders.map((recorder) => recorder.flush())),
      new Promise<void>((resolve) => void clock.after(stopLimitMs, resolve)),
    ]);
  };
  return { stop, [Symbol.asyncDispose]: stop };
}
