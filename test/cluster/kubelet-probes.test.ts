import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { events, pods } from "../../src/machinery/resource.ts";
import { busybox, startKubelet } from "../support/kubelet-cluster.ts";

const sleeper = { name: "c", image: busybox, command: ["sleep", "100000"] };
const succeeds = { exec: { command: ["true"] } };
const fails = { exec: { command: ["sh", "-c", "echo not well; exit 1"] } };

test("a readiness probe over HTTP decides whether the Pod is ready", async () => {
  let status = 503;
  const server = createServer((_request, response) => response.writeHead(status).end("hello"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await using cluster = await startKubelet();
  const readinessProbe = { httpGet: { host: "127.0.0.1", port, path: "/healthz" }, periodSeconds: 1 };
  await cluster.run("web", { containers: [{ ...sleeper, readinessProbe }] });
  await cluster.until(() => cluster.state("web") === "running");
  expect(cluster.container("web")).toMatchObject({ ready: false, started: true });
  expect(cluster.condition("web", "Ready")).toMatchObject({
    status: "False",
    reason: "ContainersNotReady",
    message: "containers with unready status: [c]",
  });
  await cluster.pass(1_000, () =>
    cluster.events("web").includes("Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503"),
  );
  status = 200;
  await cluster.pass(1_000, () => cluster.isReady("web"));
  status = 500;
  await cluster.pass(1_000, () => !cluster.isReady("web"));
  server.close();
});

test("nobody listens: refused in Go's words", async () => {
  await using cluster = await startKubelet();
  const readinessProbe = { tcpSocket: { host: "127.0.0.1", port: 9 }, periodSeconds: 1 };
  await cluster.run("web", { containers: [{ ...sleeper, readinessProbe }] });
  const message = "Unhealthy: Readiness probe failed: dial tcp 127.0.0.1:9: connect: connection refused";
  await cluster.pass(500, () => cluster.events("web").includes(message));
});

test("a liveness probe that fails restarts the container", async () => {
  await using cluster = await startKubelet();
  const livenessProbe = { ...fails, periodSeconds: 1, failureThreshold: 2 };
  await cluster.run("web", { containers: [{ ...sleeper, livenessProbe }] });
  await cluster.pass(500, () => cluster.container("web")?.restartCount === 1);
  await cluster.until(() =>
    cluster.events("web").includes("Killing: Container c failed liveness probe, will be restarted"),
  );
  expect(cluster.events("web")).toContain("Unhealthy: Liveness probe failed: not well\n");
  await cluster.pass(500, () => cluster.state("web") === "CrashLoopBackOff");
});

test("a container that fails its liveness probe is told of as often as it failed, and starts again at once twice", async () => {
  await using cluster = await startKubelet();
  const stubborn = { ...sleeper, command: ["sh", "-c", "trap '' TERM; sleep 100000"] };
  const livenessProbe = { ...fails, periodSeconds: 1, failureThreshold: 2, terminationGracePeriodSeconds: 8 };
  await cluster.run("web", { containers: [{ ...stubborn, livenessProbe }] });
  const count = (reason: string) =>
    cluster.client.list(events).find((event) => event.reason === reason && event.involvedObject.name === "web")?.count;
  await cluster.pass(250, () => cluster.container("web")?.restartCount === 1);
  expect(count("Unhealthy")).toBe(2);
  await cluster.pass(250, () => cluster.container("web")?.restartCount === 2);
  expect(cluster.events("web").some((event) => event.startsWith("BackOff"))).toBe(false);
});

test("a startup probe holds the others back, and restarts what does not start", async () => {
  await using cluster = await startKubelet();
  const startupProbe = { ...fails, periodSeconds: 1, failureThreshold: 3 };
  await cluster.run("web", { containers: [{ ...sleeper, startupProbe, livenessProbe: fails }] });
  await cluster.until(() => cluster.state("web") === "running");
  expect(cluster.container("web")).toMatchObject({ started: false, ready: false });
  await cluster.pass(500, () => cluster.container("web")?.restartCount === 1);
  await cluster.until(() =>
    cluster.events("web").includes("Killing: Container c failed startup probe, will be restarted"),
  );
  expect(cluster.events("web").some((event) => event.includes("Liveness"))).toBe(false);
});

test("a restart of Skiff takes no Pod's readiness away", async () => {
  await using cluster = await startKubelet();
  const probes = { readinessProbe: { ...succeeds, initialDelaySeconds: 30 }, startupProbe: succeeds };
  await cluster.run("web", { containers: [{ ...sleeper, ...probes }] });
  await cluster.pass(1_000, () => cluster.isReady("web"));
  const { resourceVersion } = cluster.pod("web")?.metadata ?? {};
  await cluster.restartKubelet();
  await cluster.run("other", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("other"));
  expect(cluster.pod("web")?.metadata.resourceVersion).toBe(resourceVersion);
});

test("postStart runs before the container counts as running; if it fails the container is ended", async () => {
  await using cluster = await startKubelet();
  const hook = (command: string[]) => ({ lifecycle: { postStart: { exec: { command } } } });
  await cluster.run("good", { containers: [{ ...sleeper, ...hook(["sh", "-c", "sleep 5; exit 0"]) }] });
  await cluster.until(() => cluster.instances("good")[0]?.state === "running");
  expect(cluster.state("good")).toBe("ContainerCreating");
  await cluster.pass(1_000, () => cluster.state("good") === "running");
  await cluster.run("bad", { containers: [{ ...sleeper, ...hook(["false"]) }] });
  await cluster.until(() => cluster.events("bad").includes("FailedPostStartHook: PostStartHook failed"));
  await cluster.until(() => (cluster.container("bad")?.restartCount ?? 0) >= 1);
});

test("preStop comes before the signal", async () => {
  await using cluster = await startKubelet();
  const preStop = { exec: { command: ["sh", "-c", "sleep 3; exit 0"] } };
  await cluster.run("web", { containers: [{ ...sleeper, lifecycle: { preStop } }] });
  await cluster.until(() => cluster.isReady("web"));
  await cluster.client.delete(pods, { namespace: "default", name: "web" });
  await cluster.until(() => cluster.events("web").includes("Killing: Stopping container c"));
  expect(cluster.runtime.calls).not.toContain("signal c SIGTERM");
  await cluster.pass(1_000, () => cluster.pod("web") === undefined);
  expect(cluster.runtime.calls).toContain("signal c SIGTERM");
});
