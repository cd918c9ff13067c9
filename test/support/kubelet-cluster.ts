/**
 * The kubelet over the real API on a fake engine and a fake clock:
 *
 *     await using cluster = await startKubelet();
 *     await cluster.run("web", { containers: [{ name: "c", image: "busybox:1.36" }] });
 *     await cluster.until(() => cluster.pod("web")?.status?.phase === "Running");
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import { Kubelet } from "../../src/kubelet/kubelet.ts";
import { ClientEventRecorder } from "../../src/machinery/client-event-recorder.ts";
import { FakeClock } from "../../src/machinery/clock.ts";
import { containerLabels, type RuntimeContainer } from "../../src/machinery/container-runtime.ts";
import { silentLogger } from "../../src/machinery/log.ts";
import type { Stored } from "../../src/machinery/object.ts";
import { configMaps, events, pods, serviceAccounts } from "../../src/machinery/resource.ts";
import { noTraffic, type Traffic } from "../../src/machinery/traffic.ts";
import type { ContainerStatus, ObjectMeta, Pod, PodSpec } from "../../src/machinery/types.ts";
import { startApi, type TestApi } from "./api.ts";
import { FakeRuntime } from "./fake-runtime.ts";

export const busybox = "busybox:1.36";

export class KubeletCluster implements AsyncDisposable {
  readonly api: TestApi;
  readonly clock: FakeClock;
  readonly dataDir: string;
  runtime: FakeRuntime;
  kubelet: Kubelet;
  readonly #traffic: Traffic;

  constructor(api: TestApi, clock: FakeClock, dataDir: string, traffic: Traffic) {
    this.api = api;
    this.clock = clock;
    this.dataDir = dataDir;
    this.#traffic = traffic;
    this.runtime = new FakeRuntime(clock);
    this.runtime.addImage(busybox);
    this.kubelet = this.#newKubelet();
  }

  get client() {
    return this.api.client;
  }

  #newKubelet(): Kubelet {
    const { client, clock } = this;
    return new Kubelet({
      client,
      runtime: this.runtime,
      events: new ClientEventRecorder({ client, clock, log: silentLogger, component: "kubelet" }),
      clock,
      log: silentLogger,
      settings: this.api.settings,
      traffic: this.#traffic,
      issueToken: async ({ serviceAccount, expirationSeconds }) => ({
        token: `token of ${serviceAccount}`,
        expirationTimestamp: new Date(clock.now() + expirationSeconds * 1000).toISOString(),
      }),
    });
  }

  /** As after `kill -9` and `skiff up`: another kubelet finds the same engine and the same objects. */
  async restartKubelet(): Promise<void> {
    await this.kubelet.stop({ stopPods: false });
    this.kubelet = this.#newKubelet();
    await this.kubelet.start();
  }

  /** Creates a Pod that is assigned to the node. */
  run(name: string, spec: Partial<PodSpec> & Pick<PodSpec, "containers">, meta: ObjectMeta = {}): Promise<Stored<Pod>> {
    return this.client.create(pods, {
      metadata: { name, namespace: "default", ...meta },
      spec: { nodeName: this.api.settings.nodeName, automountServiceAccountToken: false, ...spec },
    });
  }

  pod(name: string): Stored<Pod> | undefined {
    return this.client.get(pods, { namespace: "default", name });
  }

  /** Status of the Pod's first container, or of the one named. */
  container(pod: string, name?: string): ContainerStatus | undefined {
    const { containerStatuses = [], initContainerStatuses = [] } = this.pod(pod)?.status ?? {};
    if (name === undefined) return containerStatuses[0];
    return [...containerStatuses, ...initContainerStatuses].find((status) => status.name === name);
  }

  /** `running`, or the reason it waits or was terminated for. */
  state(pod: string, name?: string): string | undefined {
    const state = this.container(pod, name)?.state;
    return state?.running ? "running" : (state?.waiting?.reason ?? state?.terminated?.reason);
  }

  isReady(name: string): boolean {
    return this.condition(name, "Ready")?.status === "True";
  }

  condition(name: string, type: string) {
    return this.pod(name)?.status?.conditions?.find((condition) => condition.type === type);
  }

  /** The engine's containers of a Pod, without the sandbox, newest last. */
  instances(pod: string): RuntimeContainer[] {
    return this.#ofPod(pod).filter(({ labels }) => labels[containerLabels.container] !== undefined);
  }

  sandboxes(pod: string): RuntimeContainer[] {
    return this.#ofPod(pod).filter(({ labels }) => labels[containerLabels.container] === undefined);
  }

  #ofPod(pod: string): RuntimeContainer[] {
    return this.runtime.containers.filter(({ labels }) => labels[containerLabels.podName] === pod);
  }

  /** `reason: message` of the Pod's Events, in order of their first time. */
  events(pod: string): string[] {
    return this.client
      .list(events)
      .filter(({ involvedObject }) => involvedObject.name === pod)
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ reason, message }) => `${reason}: ${message}`);
  }

  /** Waits until something holds. Time does not pass meanwhile. */
  until(holds: () => boolean): Promise<void> {
    return vi.waitFor(
      () => {
        if (!holds()) throw new Error(`never came true: ${holds.toString()}`);
      },
      { timeout: 10_000, interval: 2 },
    );
  }

  /** Lets time pass in steps until something holds. */
  async pass(stepMs: number, holds: () => boolean): Promise<void> {
    await vi.waitFor(
      () => {
        if (holds()) return;
        this.clock.advance(stepMs);
        throw new Error(`never came true: ${holds.toString()}`);
      },
      { timeout: 10_000, interval: 5 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kubelet.stop({ stopPods: false });
    await this.api[Symbol.asyncDispose]();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export async function startKubelet(traffic: Traffic = noTraffic): Promise<KubeletCluster> {
  const dataDir = await mkdtemp(join(tmpdir(), "skiff-kubelet-"));
  const clock = new FakeClock();
  const namespaces = ["default", "kube-system", "kube-node-lease"];
  const api = await startApi(kinds, { clock, settings: { dataDir }, namespaces });
  await api.client.create(serviceAccounts, { metadata: { name: "default", namespace: "default" } });
  await api.client.create(configMaps, {
    metadata: { name: "kube-root-ca.crt", namespace: "default" },
    data: { "ca.crt": "certificate" },
  });
  const cluster = new KubeletCluster(api, clock, dataDir, traffic);
  await cluster.kubelet.start();
  return cluster;
}
