/**
 * The API server in-process with the controller manager on top and a kubelet that does as it is told.
 *
 *     await using cluster = await startControllers([deployment, replicaSet, pod]);
 *     await cluster.client.create(deployments, …);
 *     await cluster.settled();
 */
import { startControllerManager } from "../../src/controller-manager/controller-manager.ts";
import { configMap } from "../../src/kinds/config-map/index.ts";
import { event } from "../../src/kinds/event/index.ts";
import { namespace } from "../../src/kinds/namespace/index.ts";
import { serviceAccount } from "../../src/kinds/service-account/index.ts";
import type { ControllerDefinition } from "../../src/machinery/controller.ts";
import type { KindDefinition } from "../../src/machinery/kind.ts";
import { silentLogger } from "../../src/machinery/log.ts";
import { noTraffic, type Traffic } from "../../src/machinery/traffic.ts";
import { startApi, type TestApi, type TestApiOptions } from "./api.ts";
import { FakeKubelet } from "./fake-kubelet.ts";

export interface ControllersOptions extends TestApiOptions {
  traffic?: Traffic;
  /** Controllers that are of no kind. */
  others?: readonly ControllerDefinition[];
}

export interface Cluster extends TestApi {
  kubelet: FakeKubelet;
  /** Resolves when nothing changes any more, back-offs included. Moves the clock by fractions of a second. */
  settled(): Promise<void>;
  /** Moves the clock forward, then waits until nothing changes any more. */
  passes(ms: number): Promise<void>;
  /** Ends the controllers and starts them again, as after a restart of the process. */
  restart(): Promise<void>;
}

/** Turns of the event loop without a change after which nothing more is expected. */
const quietTurns = 40;
const settleLimitMs = 10_000;

/** @param kinds besides those that every cluster has. */
export async function startControllers(
  kinds: readonly KindDefinition[],
  options: ControllersOptions = {},
): Promise<Cluster> {
  const served = [namespace, event, configMap, serviceAccount, ...kinds];
  const api = await startApi(served, options);
  const { clock, store } = api;
  const start = () =>
    startControllerManager({
      client: api.clientOf("system:kube-controller-manager", "kube-controller-manager"),
      clock,
      log: silentLogger,
      settings: api.settings,
      traffic: options.traffic ?? noTraffic,
      kinds: served,
      rootCa: "-----BEGIN CERTIFICATE-----",
      ...(options.others && { others: options.others }),
    });
  let manager = start();
  const kubelet = new FakeKubelet(api.clientOf("system:node:node-1", "kubelet"), clock, api.settings);

  const settled = async (): Promise<void> => {
    const limit = Date.now() + settleLimitMs;
    let revision = -1;
    for (let quiet = 0; quiet < quietTurns; quiet++) {
      if (Date.now() > limit) throw new Error(`the cluster goes on changing after ${settleLimitMs} ms`);
      if (store.revision !== revision) quiet = 0;
      revision = store.revision;
      await new Promise(setImmediate);
      clock.advance(5);
    }
  };
  return {
    ...api,
    kubelet,
    settled,
    async passes(ms) {
      await settled();
      clock.advance(ms);
      await settled();
    },
    async restart() {
      await manager.stop();
      manager = start();
    },
    async [Symbol.asyncDispose]() {
      await manager.stop();
      kubelet[Symbol.dispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}
