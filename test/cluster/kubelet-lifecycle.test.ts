import { expect, test } from "vitest";
import { leases, nodes, pods } from "../../src/machinery/resource.ts";
import { busybox, startKubelet } from "../support/kubelet-cluster.ts";

const sleeper = { name: "c", image: busybox, command: ["sleep", "100000"] };

test("a Pod starts: sandbox, container, status, conditions, Events", async () => {
  await using cluster = await startKubelet();
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));

  const status = cluster.pod("web")?.status;
  expect(status).toMatchObject({
    phase: "Running",
    hostIP: "192.168.0.10",
    podIP: "10.244.0.2",
    podIPs: [{ ip: "10.244.0.2" }],
    qosClass: "BestEffort",
    startTime: "2026-01-01T00:00:00Z",
  });
  expect(status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
    "PodReadyToStartContainers=True",
    "Initialized=True",
    "Ready=True",
    "ContainersReady=True",
    "PodScheduled=True",
  ]);
  const [instance] = cluster.instances("web");
  expect(status?.containerStatuses).toMatchObject([
    {
      name: "c",
      state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
      lastState: {},
      ready: true,
      started: true,
      restartCount: 0,
      image: busybox,
      imageID: `docker://${instance?.imageId}`,
      containerID: `docker://${instance?.id}`,
    },
  ]);
  await cluster.until(() => cluster.events("web").length === 3);
  expect(cluster.events("web")).toEqual([
    `Pulled: Container image "${busybox}" already present on machine`,
    "Created: Created container: c",
    "Started: Started container c",
  ]);
  expect(cluster.sandboxes("web")).toHaveLength(1);
  expect(cluster.runtime.sandboxConfigOf(cluster.sandboxes("web")[0]?.id ?? "")).toMatchObject({
    name: expect.stringMatching(/^k8s_POD_web_default_[0-9a-f-]{36}_0$/),
    hostname: "web",
    network: { address: "10.244.0.2", ports: [] },
  });
});

test("a container that fails restarts at once, then after 10 s, then after 20 s; its last run is told of", async () => {
  await using cluster = await startKubelet();
  await cluster.run("crash", {
    containers: [{ name: "c", image: busybox, command: ["sh", "-c", "echo going; exit 3"] }],
  });
  await cluster.until(() => cluster.state("crash") === "CrashLoopBackOff");
  expect(cluster.container("crash")).toMatchObject({
    restartCount: 1,
    ready: false,
    started: false,
    state: {
      waiting: { message: expect.stringMatching(/^back-off 10s restarting failed container=c pod=crash_default\(/) },
    },
    lastState: { terminated: { exitCode: 3, reason: "Error" } },
  });
  expect(cluster.pod("crash")?.status?.phase).toBe("Running");
  await cluster.until(() => cluster.events("crash").some((event) => event.startsWith("BackOff")));
  const uid = cluster.pod("crash")?.metadata.uid;
  expect(cluster.events("crash").at(-1)).toBe(
    `BackOff: Back-off restarting failed container c in pod crash_default(${uid})`,
  );

  cluster.clock.advance(9_999);
  expect(cluster.container("crash")?.restartCount).toBe(1);
  cluster.clock.advance(1);
  await cluster.until(() => cluster.container("crash")?.restartCount === 2);
  await cluster.until(() => cluster.container("crash")?.state?.waiting?.message?.includes("back-off 20s") ?? false);
  // Only the present instance and the one before are kept.
  await cluster.until(() => cluster.instances("crash").length === 2);
});

test("the back-off survives a restart of Skiff", async () => {
  await using cluster = await startKubelet();
  await cluster.run("crash", { containers: [{ name: "c", image: busybox, command: ["false"] }] });
  await cluster.until(() => cluster.state("crash") === "CrashLoopBackOff");
  cluster.clock.advance(4_000);
  await cluster.restartKubelet();
  await cluster.until(() => cluster.state("crash") === "CrashLoopBackOff");
  expect(cluster.container("crash")?.restartCount).toBe(1);
  cluster.clock.advance(6_000);
  await cluster.until(() => cluster.container("crash")?.restartCount === 2);
});

test.each([
  { policy: "Never", command: ["true"], phase: "Succeeded", reason: "Completed" },
  { policy: "Never", command: ["sh", "-c", "exit 7"], phase: "Failed", reason: "Error" },
  { policy: "OnFailure", command: ["true"], phase: "Succeeded", reason: "Completed" },
])("restartPolicy $policy, $command: $phase", async ({ policy, command, phase, reason }) => {
  await using cluster = await startKubelet();
  await cluster.run("job", { restartPolicy: policy, containers: [{ name: "c", image: busybox, command }] });
  await cluster.until(() => cluster.pod("job")?.status?.phase === phase);
  expect(cluster.state("job")).toBe(reason);
  // Its log stays, its network does not.
  await cluster.until(() => cluster.sandboxes("job").length === 0);
  expect(cluster.instances("job")).toHaveLength(1);
  const done = phase === "Succeeded" ? "PodCompleted" : "PodFailed";
  expect(cluster.condition("job", "Ready")).toMatchObject({ status: "False", reason: done });
  expect(cluster.pod("job")?.status?.podIP).toBe("10.244.0.2");
});

test("an image that does not exist: ErrImagePull, then ImagePullBackOff with the engine's reason", async () => {
  await using cluster = await startKubelet();
  await cluster.run("bad", { containers: [{ name: "c", image: "nosuch/image:1" }] });
  await cluster.until(() => cluster.state("bad") === "ErrImagePull");
  expect(cluster.pod("bad")?.status?.phase).toBe("Pending");
  cluster.clock.advance(1_000);
  await cluster.until(() => cluster.state("bad") === "ImagePullBackOff");
  const reason =
    "Error response from daemon: pull access denied for nosuch/image, repository does not exist or may require 'docker login'";
  expect(cluster.container("bad")?.state?.waiting?.message).toBe(
    `Back-off pulling image "nosuch/image:1": ErrImagePull: ${reason}`,
  );
  await cluster.until(() => cluster.events("bad").length === 5);
  expect(new Set(cluster.events("bad"))).toEqual(
    new Set([
      'Pulling: Pulling image "nosuch/image:1"',
      `Failed: Failed to pull image "nosuch/image:1": ${reason}`,
      "Failed: Error: ErrImagePull",
      'BackOff: Back-off pulling image "nosuch/image:1"',
      "Failed: Error: ImagePullBackOff",
    ]),
  );
  // It appears: the next attempt succeeds.
  cluster.runtime.offer("nosuch/image:1", {});
  cluster.clock.advance(10_000);
  await cluster.until(() => cluster.isReady("bad"));
});

test("a present image is used although its registry does not answer", async () => {
  await using cluster = await startKubelet();
  cluster.runtime.addImage("local:latest");
  cluster.runtime.offer("local:latest", new Error("dial tcp: i/o timeout"));
  await cluster.run("local", { containers: [{ ...sleeper, image: "local:latest", imagePullPolicy: "Always" }] });
  await cluster.until(() => cluster.isReady("local"));
  await cluster.until(() => cluster.events("local").length === 5);
  expect(cluster.events("local")).toContain(
    'Failed: Failed to pull image "local:latest": Error response from daemon: dial tcp: i/o timeout',
  );
});

test.each([
  { image: "absent:1", policy: "Never", reason: "ErrImageNeverPull" },
  { image: "UPPER/Case", policy: "IfNotPresent", reason: "InvalidImageName" },
])("$image with policy $policy: $reason", async ({ image, policy, reason }) => {
  await using cluster = await startKubelet();
  await cluster.run("p", { containers: [{ name: "c", image, imagePullPolicy: policy }] });
  await cluster.until(() => cluster.state("p") === reason);
  // Once the image is there, nobody has to wait.
  if (policy !== "Never") return;
  cluster.runtime.addImage(image);
  await cluster.until(() => cluster.isReady("p"));
});

test("a command that is not there: RunContainerError, then CrashLoopBackOff", async () => {
  await using cluster = await startKubelet();
  await cluster.run("bad", { containers: [{ name: "c", image: busybox, command: ["nosuch"] }] });
  await cluster.until(() => cluster.state("bad") === "CrashLoopBackOff");
  expect(cluster.container("bad")?.lastState?.terminated).toMatchObject({
    exitCode: 128,
    reason: "StartError",
    startedAt: "1970-01-01T00:00:00Z",
    message: expect.stringContaining('exec: "nosuch": executable file not found in $PATH'),
  });
});

test("init containers run one after the other, sidecars stay", async () => {
  await using cluster = await startKubelet();
  await cluster.run("p", {
    initContainers: [
      { name: "first", image: busybox, command: ["sh", "-c", "sleep 5; exit 0"] },
      { name: "side", image: busybox, command: ["sleep", "100000"], restartPolicy: "Always" },
      { name: "second", image: busybox, command: ["true"] },
    ],
    containers: [sleeper],
  });
  await cluster.until(() => cluster.state("p", "first") === "running");
  expect(cluster.pod("p")?.status?.phase).toBe("Pending");
  expect(cluster.state("p", "c")).toBe("PodInitializing");
  expect(cluster.condition("p", "Initialized")).toMatchObject({
    status: "False",
    reason: "ContainersNotInitialized",
    message: "containers with incomplete status: [first side second]",
  });
  cluster.clock.advance(5_000);
  await cluster.until(() => cluster.isReady("p"));
  expect(cluster.container("p", "first")).toMatchObject({
    ready: true,
    state: { terminated: { reason: "Completed" } },
  });
  expect(cluster.container("p", "side")).toMatchObject({ ready: true, started: true });
  const starts = cluster.runtime.calls.filter((call) => call.startsWith("start"));
  expect(starts).toEqual(["start first", "start side", "start second", "start c"]);
});

test("an init container that fails for good fails the Pod", async () => {
  await using cluster = await startKubelet();
  await cluster.run("p", {
    restartPolicy: "Never",
    initContainers: [{ name: "first", image: busybox, command: ["false"] }],
    containers: [sleeper],
  });
  await cluster.until(() => cluster.pod("p")?.status?.phase === "Failed");
  expect(cluster.state("p", "c")).toBe("PodInitializing");
});

test("deletion: SIGTERM, the end, everything removed, the object last", async () => {
  await using cluster = await startKubelet();
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));
  await cluster.client.delete(pods, { namespace: "default", name: "web" });
  await cluster.until(() => cluster.pod("web") === undefined);
  expect(cluster.runtime.containers).toEqual([]);
  expect(cluster.runtime.calls.filter((call) => call.startsWith("signal"))).toEqual(["signal c SIGTERM"]);
  await cluster.until(() => cluster.events("web").includes("Killing: Stopping container c"));
});

test("who ignores SIGTERM is killed when the grace period is over; a shorter one given later counts", async () => {
  await using cluster = await startKubelet();
  const stubborn = { name: "c", image: busybox, command: ["sh", "-c", "trap '' TERM; sleep 100000"] };
  await cluster.run("web", { containers: [stubborn], terminationGracePeriodSeconds: 60 });
  await cluster.until(() => cluster.isReady("web"));
  await cluster.client.delete(pods, { namespace: "default", name: "web" });
  await cluster.until(() => cluster.runtime.calls.includes("signal c SIGTERM"));
  cluster.clock.advance(20_000);
  expect(cluster.runtime.calls).not.toContain("signal c SIGKILL");
  await cluster.client.delete(pods, { namespace: "default", name: "web" }, { gracePeriodSeconds: 25 });
  await cluster.pass(1_000, () => cluster.pod("web") === undefined);
  expect(cluster.runtime.calls).toContain("signal c SIGKILL");
  expect(cluster.clock.now()).toBeLessThan(Date.UTC(2026, 0, 1) + 40_000);
});

test("sidecars end after the others, in reverse order", async () => {
  await using cluster = await startKubelet();
  const side = (name: string) => ({ ...sleeper, name, restartPolicy: "Always" });
  await cluster.run("web", { initContainers: [side("s1"), side("s2")], containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));
  await cluster.client.delete(pods, { namespace: "default", name: "web" });
  await cluster.until(() => cluster.pod("web") === undefined);
  const signals = cluster.runtime.calls.filter((call) => call.startsWith("signal"));
  expect(signals).toEqual(["signal c SIGTERM", "signal s2 SIGTERM", "signal s1 SIGTERM"]);
});

test("a Pod deleted while its image is being pulled does not wait for it", async () => {
  await using cluster = await startKubelet();
  using _release = { [Symbol.dispose]: cluster.runtime.hold("pull") };
  await cluster.run("slow", { containers: [{ name: "c", image: "big:1" }] });
  await cluster.until(() => cluster.events("slow").length > 0);
  await cluster.client.delete(pods, { namespace: "default", name: "slow" }, { gracePeriodSeconds: 1 });
  await cluster.until(() => cluster.pod("slow") === undefined);
  expect(cluster.runtime.containers).toEqual([]);
});

test("activeDeadlineSeconds ends the Pod", async () => {
  await using cluster = await startKubelet();
  await cluster.run("job", { containers: [sleeper], activeDeadlineSeconds: 30 });
  await cluster.until(() => cluster.isReady("job"));
  cluster.clock.advance(30_000);
  await cluster.until(() => cluster.pod("job")?.status?.reason === "DeadlineExceeded");
  expect(cluster.pod("job")?.status).toMatchObject({
    phase: "Failed",
    message: "Pod was active on the node longer than the specified deadline",
  });
  await cluster.until(() => cluster.sandboxes("job").length === 0);
});

test("the node and its lease", async () => {
  await using cluster = await startKubelet();
  const node = () => cluster.client.get(nodes, { name: "node-1" });
  const ready = () => node()?.status?.conditions?.find(({ type }) => type === "Ready");
  expect(node()).toMatchObject({
    metadata: {
      labels: { "kubernetes.io/hostname": "node-1", "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" },
    },
    spec: { podCIDR: "10.244.0.0/16" },
    status: {
      capacity: { cpu: "4", memory: "8Gi", pods: "110" },
      addresses: [
        { type: "InternalIP", address: "192.168.0.10" },
        { type: "Hostname", address: "node-1" },
      ],
      nodeInfo: {
        containerRuntimeVersion: "docker://20.10.24",
        kubeletVersion: "v1.33.0",
        kubeProxyVersion: "",
        architecture: "amd64",
      },
    },
  });
  expect(ready()).toMatchObject({ status: "True", reason: "KubeletReady" });
  const lease = () => cluster.client.get(leases, { namespace: "kube-node-lease", name: "node-1" });
  expect(lease()?.spec).toMatchObject({ holderIdentity: "node-1", renewTime: "2026-01-01T00:00:00.000000Z" });
  cluster.clock.advance(5 * 60 * 1000);
  await cluster.until(() => lease()?.spec?.renewTime === "2026-01-01T00:05:00.000000Z");

  cluster.runtime.disconnect();
  await cluster.until(() => ready()?.status === "False");
  expect(ready()).toMatchObject({ reason: "KubeletNotReady", message: "container runtime is down" });
  cluster.runtime.reconnect();
  await cluster.until(() => ready()?.status === "True");
});
