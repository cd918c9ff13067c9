/** Runs one {@link ControllerDefinition}: its watches feed a queue of keys, its `reconcile` works through it. */
import type { ControllerContext, ControllerDefinition } from "../machinery/controller.ts";
import { parseKey } from "../machinery/object.ts";
import { KeyWorker } from "./key-worker.ts";

const usualConcurrency = 5;

/** Something running that can be ended. `stop` waits for work under way, at most `limitMs`. */
export interface Running {
  stop(limitMs: number): Promise<void>;
}

/** @param context the controller's own: its recorder, its logger. */
export function runController(definition: ControllerDefinition, context: ControllerContext): Running {
  const { client, clock, log, traffic } = context;
  const worker = new KeyWorker({
    clock,
    log,
    concurrency: definition.concurrency ?? usualConcurrency,
    work: (key) => definition.reconcile(parseKey(key), context),
  });
  const addAll = (keys: Iterable<string>): void => {
    for (const key of keys) worker.add(key);
  };
  const subscriptions = definition.watches.map((watch) =>
    client.watch(watch.resource, (event) => addAll(watch.keys(event, client))),
  );
  if (definition.trafficKeys) {
    subscriptions.push(traffic.onChange((uids) => addAll(definition.trafficKeys?.(uids, client) ?? [])));
  }
  return {
    stop(limitMs) {
      for (const subscription of subscriptions.reverse()) subscription[Symbol.dispose]();
      return worker.stop(limitMs);
    },
  };
}
