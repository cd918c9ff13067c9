/** Plays scheduler and kubelet: gives Pods their node, an address and the state a test wants them in. */
import type { Client } from "../../src/machinery/client.ts";
import { type Clock, timestamp } from "../../src/machinery/clock.ts";
import { podAddresses } from "../../src/machinery/network-names.ts";
import { keyOf, parseKey, type Stored } from "../../src/machinery/object.ts";
import { pods } from "../../src/machinery/resource.ts";
import type { ClusterSettings } from "../../src/machinery/settings.ts";
import { StatusError } from "../../src/machinery/status-error.ts";
import type { Pod } from "../../src/machinery/types.ts";

/** `held`: not even scheduled. `starting`: running, not ready. */
export type PodState = "held" | "starting" | "ready" | "failed" | "succeeded";

export class FakeKubelet implements Disposable {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #settings: Pick<ClusterSettings, "podCidr" | "ipv6">;
  readonly #watch: Disposable;
  readonly #addresses = new Map<string, string>();
  readonly #busy = new Set<string>();
  #stateOf: (pod: Stored<Pod>) => PodState = () => "ready";
  #removes = true;

  /** @param settings whose ranges Pods have addresses of, besides 10.244.0.0/16. */
  constructor(client: Client, clock: Clock, settings: Pick<ClusterSettings, "podCidr" | "ipv6">) {
    this.#settings = settings;
    this.#client = client;
    this.#clock = clock;
    this.#watch = client.watch(pods, ({ object }) => this.#look(keyOf(object)));
  }

  /** What becomes of each Pod from now on, those there included. */
  behave(stateOf: (pod: Stored<Pod>) => PodState): void {
    this.#stateOf = stateOf;
    this.#lookAtAll();
  }

  /** Deleted Pods take their time until {@link finishTerminations}. */
  holdTerminations(): void {
    this.#removes = false;
  }

  finishTerminations(): void {
    this.#removes = true;
    this.#lookAtAll();
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #lookAtAll(): void {
    for (const pod of this.#client.list(pods)) this.#look(keyOf(pod));
  }

  #look(key: string): void {
    if (this.#busy.has(key)) return;
    this.#busy.add(key);
    // In a turn of its own, as a real kubelet would only hear of it later.
    setImmediate(() => void this.#work(key));
  }

  async #work(key: string): Promise<void> {
    try {
      while (await this.#step(key));
    } catch (error) {
      // The Pod changed or went meanwhile, or the test is over.
      const expected = ["Conflict", "NotFound", "ServiceUnavailable"];
      if (!expected.some((reason) => StatusError.is(error, reason))) throw error;
    } finally {
      this.#busy.delete(key);
    }
  }

  /** @returns whether something was done, and there may be more. */
  async #step(key: string): Promise<boolean> {
    const pod = this.#client.get(pods, parseKey(key));
    if (!pod) return false;
    const { namespace = "", name, uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp) {
      if (!this.#removes) return false;
      await this.#client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
      return false;
    }
    const state = this.#stateOf(pod);
    if (state === "held") return false;
    if (!pod.spec?.nodeName) {
      const target = { kind: "Node", name: "node-1" };
      await this.#client.create(pods, { metadata: { namespace, name }, target } as Pod, { subresource: "binding" });
      return true;
    }
    const status = this.#status(pod, state);
    if (!status) return false;
    await this.#client.update(pods, { ...structuredClone(pod), status }, { subresource: "status" });
    return true;
  }

  /** Undefined where the Pod is in that state already. */
  #status(pod: Stored<Pod>, state: PodState): Pod["status"] {
    const phase = { held: "Pending", starting: "Running", ready: "Running", failed: "Failed", succeeded: "Succeeded" };
    const ready = state === "ready" ? "True" : "False";
    const before = pod.status?.conditions?.find((condition) => condition.type === "Ready");
    if (before?.status === ready && pod.status?.phase === phase[state]) return undefined;
    const address = this.#addresses.get(pod.metadata.uid) ?? `10.244.0.${this.#addresses.size + 2}`;
    this.#addresses.set(pod.metadata.uid, address);
    const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== "Ready");
    const condition = { type: "Ready", status: ready, lastTransitionTime: timestamp(this.#clock.now()) };
    return {
      ...pod.status,
      phase: phase[state],
      podIP: address,
      podIPs: podAddresses(this.#settings, address).map((ip) => ({ ip })),
      conditions: [...others, condition],
    };
  }
}
