/** What happens behind the kubelet's back: it converges. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RuntimeError } from "../../src/machinery/container-runtime.ts";
import { pods, services } from "../../src/machinery/resource.ts";
import type { Traffic } from "../../src/machinery/traffic.ts";
import { busybox, startKubelet } from "../support/kubelet-cluster.ts";

const sleeper = { name: "c", image: busybox, command: ["sleep", "100000"] };

test("another kubelet adopts what runs: the same containers, nothing restarted", async () => {
  await using cluster = await startKubelet();
  await cluster.run("a", { containers: [sleeper, { ...sleeper, name: "d" }] });
  await cluster.run("b", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("a") && cluster.isReady("b"));
  const before = cluster.runtime.containers;
  const status = [cluster.pod("a")?.status, cluster.pod("b")?.status];
  await cluster.restartKubelet();
  await cluster.run("later", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("later"));
  expect(cluster.runtime.containers.slice(0, before.length)).toEqual(before);
  expect([cluster.pod("a")?.status, cluster.pod("b")?.status]).toEqual(status);
  // Addresses in use are not given again.
  expect(cluster.pod("later")?.status?.podIP).toBe("10.244.0.4");
});

test("a container created but not started when the process died is started, not doubled", async () => {
  await using cluster = await startKubelet();
  const release = cluster.runtime.hold("start");
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.instances("web").length === 1);
  // The start never reaches the engine.
  const stopped = cluster.kubelet.stop({ stopPods: false });
  cluster.runtime.disconnect();
  release();
  await stopped;
  cluster.runtime.reconnect();
  await cluster.restartKubelet();
  await cluster.until(() => cluster.isReady("web"));
  expect(cluster.instances("web")).toHaveLength(1);
});

test("containers, volumes and files of Pods that are gone are removed", async () => {
  await using cluster = await startKubelet();
  const volumes = [{ name: "m", emptyDir: { medium: "Memory" } }];
  await cluster.run("web", { containers: [sleeper], volumes });
  await cluster.until(() => cluster.isReady("web"));
  await cluster.kubelet.stop({ stopPods: false });
  await cluster.client.delete(pods, { namespace: "default", name: "web" }, { gracePeriodSeconds: 0 });
  expect(cluster.instances("web")).toHaveLength(1);
  const orphan = join(cluster.dataDir, "pods", "00000000-0000-0000-0000-000000000000");
  await mkdir(join(orphan, "volumes"), { recursive: true });
  await cluster.restartKubelet();
  await cluster.until(() => cluster.runtime.containers.length === 0 && cluster.runtime.volumes.length === 0);
  await expect.poll(() => readdir(join(cluster.dataDir, "pods"))).toEqual([]);
});

test("a Pod deleted while nobody was there is ended by the next kubelet", async () => {
  await using cluster = await startKubelet();
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));
  await cluster.kubelet.stop({ stopPods: false });
  await cluster.client.delete(pods, { namespace: "default", name: "web" });
  await cluster.restartKubelet();
  await cluster.until(() => cluster.pod("web") === undefined);
  expect(cluster.runtime.containers).toEqual([]);
});

test("a container that somebody kills is started again", async () => {
  await using cluster = await startKubelet();
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));
  cluster.runtime.exit(cluster.instances("web")[0]?.id ?? "", 137);
  await cluster.until(() => cluster.container("web")?.restartCount === 1 && cluster.isReady("web"));
  expect(cluster.container("web")?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: "Error" });
  expect(cluster.sandboxes("web")).toHaveLength(1);
});

test("a container that runs out of memory says so", async () => {
  await using cluster = await startKubelet();
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));
  cluster.runtime.exit(cluster.instances("web")[0]?.id ?? "", 137, { oomKilled: true });
  await cluster.until(() => cluster.container("web")?.lastState?.terminated?.reason === "OOMKilled");
});

test("a container that somebody removes is made again, and its restart counted", async () => {
  await using cluster = await startKubelet();
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));
  const [instance] = cluster.instances("web");
  await cluster.runtime.remove(instance?.id ?? "");
  await cluster.until(() => cluster.container("web")?.restartCount === 1 && cluster.isReady("web"));
  expect(cluster.instances("web")[0]?.id).not.toBe(instance?.id);
});

test("a paused container is resumed", async () => {
  await using cluster = await startKubelet();
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));
  cluster.runtime.pause(cluster.instances("web")[0]?.id ?? "");
  await cluster.until(() => cluster.instances("web")[0]?.state === "running");
  cluster.runtime.pause(cluster.sandboxes("web")[0]?.id ?? "");
  await cluster.until(() => cluster.sandboxes("web")[0]?.state === "running");
  expect(cluster.container("web")?.restartCount).toBe(0);
});

test("a sandbox that ends is replaced, and everything in it starts anew", async () => {
  await using cluster = await startKubelet();
  await cluster.run("web", {
    initContainers: [{ name: "first", image: busybox, command: ["true"] }],
    containers: [sleeper],
  });
  await cluster.until(() => cluster.isReady("web"));
  const [sandbox] = cluster.sandboxes("web");
  cluster.runtime.exit(sandbox?.id ?? "", 137);
  await cluster.until(() => cluster.container("web")?.restartCount === 1 && cluster.isReady("web"));
  expect(cluster.sandboxes("web").map(({ id }) => id)).not.toContain(sandbox?.id);
  expect(cluster.runtime.calls.filter((call) => call === "start first")).toHaveLength(2);
  await cluster.until(() =>
    cluster.events("web").includes("SandboxChanged: Pod sandbox changed, it will be killed and re-created."),
  );
  // The address given up does not come again at once.
  expect(cluster.pod("web")?.status?.podIP).toBe("10.244.0.3");
});

test("the engine and the host restart: all containers have exited, and all Pods run again", async () => {
  await using cluster = await startKubelet();
  for (const name of ["a", "b"]) await cluster.run(name, { containers: [sleeper] });
  await cluster.run("done", { restartPolicy: "Never", containers: [{ ...sleeper, command: ["true"] }] });
  await cluster.until(() => cluster.isReady("a") && cluster.isReady("b"));
  await cluster.until(
    () => cluster.pod("done")?.status?.phase === "Succeeded" && cluster.sandboxes("done").length === 0,
  );
  cluster.runtime.crash();
  cluster.runtime.reconnect();
  await cluster.until(() =>
    ["a", "b"].every((name) => cluster.container(name)?.restartCount === 1 && cluster.isReady(name)),
  );
  expect(cluster.pod("done")?.status?.phase).toBe("Succeeded");
  expect(cluster.instances("done")).toHaveLength(1);
});

test("while the engine is away Pods wait, and are made when it is back", async () => {
  await using cluster = await startKubelet();
  cluster.runtime.disconnect();
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.state("web") === "ContainerCreating");
  cluster.runtime.reconnect();
  await cluster.until(() => cluster.isReady("web"));
  expect(cluster.instances("web")).toHaveLength(1);
});

test("stopping the Pods and coming back", async () => {
  await using cluster = await startKubelet();
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));
  await cluster.kubelet.stop({ stopPods: true });
  expect(cluster.runtime.containers.every(({ state }) => state === "exited")).toBe(true);
  await cluster.restartKubelet();
  await cluster.until(() => cluster.isReady("web"));
});

test("a terminating Pod gets its signal when no Service sends to it any more", async () => {
  let listener: (uids: ReadonlySet<string>) => void = () => {};
  let inForce = new Set<string>();
  const traffic: Traffic = {
    podsInForce: () => inForce,
    onChange: (given) => {
      listener = given;
      return { [Symbol.dispose]() {} };
    },
  };
  await using cluster = await startKubelet(traffic);
  await cluster.client.create(services, {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  await cluster.run("web", { containers: [sleeper] }, { labels: { app: "web" } });
  await cluster.until(() => cluster.isReady("web"));
  const uid = cluster.pod("web")?.metadata.uid ?? "";
  inForce = new Set([uid]);
  await cluster.client.delete(pods, { namespace: "default", name: "web" });
  cluster.clock.advance(1_500);
  expect(cluster.runtime.calls).not.toContain("signal c SIGTERM");
  inForce = new Set();
  listener(new Set([uid]));
  await cluster.pass(50, () => cluster.pod("web") === undefined);
});

test("a Service that goes on sending holds a Pod up for 2 s at most", async () => {
  const uids = new Set<string>();
  const traffic: Traffic = { podsInForce: () => uids, onChange: () => ({ [Symbol.dispose]() {} }) };
  await using cluster = await startKubelet(traffic);
  await cluster.client.create(services, {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));
  uids.add(cluster.pod("web")?.metadata.uid ?? "");
  const begun = cluster.clock.now();
  await cluster.client.delete(pods, { namespace: "default", name: "web" });
  await cluster.pass(500, () => cluster.pod("web") === undefined);
  expect(cluster.clock.now() - begun).toBeGreaterThanOrEqual(2_000);
});

test("a sandbox that cannot start is tried again after growing waits, whatever its remains tell", async () => {
  await using cluster = await startKubelet();
  const { calls } = cluster.runtime;
  const tries = () => calls.filter((call) => call === "runSandbox").length;
  cluster.runtime.failSandboxes(new RuntimeError("Other", "port is already allocated"));
  await cluster.run("web", { containers: [sleeper] });
  const began = cluster.clock.now();
  await cluster.pass(250, () => tries() === 8);
  // 250 ms doubled six times, each time up to 10 s.
  expect(cluster.clock.now() - began).toBeGreaterThanOrEqual(250 + 500 + 1000 + 2000 + 4000 + 8000 + 10_000);
  cluster.runtime.failSandboxes(undefined);
  await cluster.pass(250, () => cluster.isReady("web"));
});
