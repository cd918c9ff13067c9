/** What containers are given: environment, volumes, configuration. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configMaps, pods, secrets, services } from "../../src/machinery/resource.ts";
import { busybox, type KubeletCluster, startKubelet } from "../support/kubelet-cluster.ts";

const sleeper = { name: "c", image: busybox, command: ["sleep", "100000"] };

function configOf(cluster: KubeletCluster, pod: string) {
  return cluster.runtime.configOf(cluster.instances(pod).at(-1)?.id ?? "");
}

/** Where a mount of the Pod's first container comes from. */
function sourceOf(cluster: KubeletCluster, pod: string, target: string): string {
  const mount = configOf(cluster, pod).mounts.find((candidate) => candidate.target === target);
  if (!mount) throw new Error(`nothing is mounted at ${target}`);
  return mount.source;
}

test("the environment: own variables, references, and those of Services", async () => {
  await using cluster = await startKubelet();
  await cluster.client.create(configMaps, { metadata: { name: "cm", namespace: "default" }, data: { colour: "red" } });
  await cluster.client.create(secrets, { metadata: { name: "s", namespace: "default" }, stringData: { pw: "x y" } });
  await cluster.client.create(services, {
    metadata: { name: "redis-svc", namespace: "default" },
    spec: { clusterIP: "10.97.97.97", ports: [{ name: "main", port: 6379 }] },
  });
  await cluster.run("p", {
    containers: [
      {
        ...sleeper,
        command: ["sleep"],
        args: ["$(SECONDS_TO_SLEEP)"],
        envFrom: [{ prefix: "CM_", configMapRef: { name: "cm" } }],
        env: [
          { name: "SECONDS_TO_SLEEP", value: "100000" },
          { name: "URL", value: "redis://$(REDIS_SVC_SERVICE_HOST):$(REDIS_SVC_SERVICE_PORT)" },
          { name: "PW", valueFrom: { secretKeyRef: { name: "s", key: "pw" } } },
          { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
          { name: "MAYBE", valueFrom: { configMapKeyRef: { name: "none", key: "x", optional: true } } },
        ],
      },
    ],
  });
  await cluster.until(() => cluster.isReady("p"));
  const { env, cmd } = configOf(cluster, "p");
  expect(cmd).toEqual(["100000"]);
  expect(env).toEqual(
    expect.arrayContaining([
      "CM_colour=red",
      "URL=redis://10.97.97.97:6379",
      "PW=x y",
      "IP=10.244.0.2",
      "REDIS_SVC_SERVICE_PORT_MAIN=6379",
      "REDIS_SVC_PORT_6379_TCP=tcp://10.97.97.97:6379",
    ]),
  );
  expect(env.some((variable) => variable.startsWith("MAYBE="))).toBe(false);
});

test("a missing ConfigMap: CreateContainerConfigError until it appears", async () => {
  await using cluster = await startKubelet();
  await cluster.run("p", { containers: [{ ...sleeper, envFrom: [{ configMapRef: { name: "missing" } }] }] });
  await cluster.until(() => cluster.state("p") === "CreateContainerConfigError");
  expect(cluster.container("p")?.state?.waiting?.message).toBe('configmap "missing" not found');
  await cluster.until(() => cluster.events("p").includes('Failed: Error: configmap "missing" not found'));
  await cluster.client.create(configMaps, { metadata: { name: "missing", namespace: "default" }, data: { a: "1" } });
  await cluster.until(() => cluster.isReady("p"));
});

test("a missing Secret of a volume: FailedMount until it appears", async () => {
  await using cluster = await startKubelet();
  const volumes = [{ name: "v", secret: { secretName: "missing" } }];
  await cluster.run("p", { containers: [{ ...sleeper, volumeMounts: [{ name: "v", mountPath: "/v" }] }], volumes });
  const event = 'FailedMount: MountVolume.SetUp failed for volume "v" : secret "missing" not found';
  await cluster.until(() => cluster.events("p").includes(event));
  expect(cluster.state("p")).toBe("ContainerCreating");
  await cluster.client.create(secrets, { metadata: { name: "missing", namespace: "default" } });
  await cluster.until(() => cluster.isReady("p"));
});

test("volumes of ConfigMaps follow their objects while the Pod runs", async () => {
  await using cluster = await startKubelet();
  const key = { name: "cm", namespace: "default" };
  await cluster.client.create(configMaps, { metadata: key, data: { "a.conf": "one" } });
  const volumes = [{ name: "v", configMap: { name: "cm", defaultMode: 0o600 } }];
  await cluster.run("p", { containers: [{ ...sleeper, volumeMounts: [{ name: "v", mountPath: "/v" }] }], volumes });
  await cluster.until(() => cluster.isReady("p"));
  const source = sourceOf(cluster, "p", "/v");
  const content = (name: string) => readFile(join(source, name), "utf8");
  expect(await content("a.conf")).toBe("one");
  expect((await stat(join(source, "a.conf"))).mode & 0o777).toBe(0o600);
  await cluster.client.update(configMaps, { metadata: key, data: { "b.conf": "two" } });
  await expect.poll(() => content("b.conf").catch(() => "")).toBe("two");
  await expect.poll(() => content("a.conf").catch(() => "gone")).toBe("gone");
  expect(cluster.container("p")?.restartCount).toBe(0);
});

test("labels shown in a volume follow the Pod's", async () => {
  await using cluster = await startKubelet();
  const items = [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }];
  const spec = { containers: [{ ...sleeper, volumeMounts: [{ name: "v", mountPath: "/v" }] }] };
  await cluster.run("p", { ...spec, volumes: [{ name: "v", downwardAPI: { items } }] }, { labels: { a: "1" } });
  await cluster.until(() => cluster.isReady("p"));
  const file = join(sourceOf(cluster, "p", "/v"), "labels");
  expect(await readFile(file, "utf8")).toBe('a="1"');
  await cluster.client.patch(pods, { namespace: "default", name: "p" }, "merge", { metadata: { labels: { b: "2" } } });
  await expect.poll(() => readFile(file, "utf8")).toBe('a="1"\nb="2"');
});

test("the ServiceAccount's token, certificate and namespace, and a new token when it is due", async () => {
  await using cluster = await startKubelet();
  await cluster.run("p", { containers: [sleeper], automountServiceAccountToken: true });
  await cluster.until(() => cluster.isReady("p"));
  const source = sourceOf(cluster, "p", "/var/run/secrets/kubernetes.io/serviceaccount");
  const read = (name: string) => readFile(join(source, name), "utf8");
  expect(await Promise.all(["token", "ca.crt", "namespace"].map(read))).toEqual([
    "token of default",
    "certificate",
    "default",
  ]);
});

test("an emptyDir belongs to the Pod and goes with it; one in memory is the engine's", async () => {
  await using cluster = await startKubelet();
  await cluster.run("p", {
    containers: [
      {
        ...sleeper,
        volumeMounts: [
          { name: "disk", mountPath: "/disk" },
          { name: "memory", mountPath: "/memory" },
        ],
      },
    ],
    volumes: [
      { name: "disk", emptyDir: {} },
      { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    ],
  });
  await cluster.until(() => cluster.isReady("p"));
  const source = sourceOf(cluster, "p", "/disk");
  expect((await stat(source)).mode & 0o777).toBe(0o777);
  expect(cluster.runtime.volumes).toEqual([sourceOf(cluster, "p", "/memory")]);
  await cluster.client.delete(pods, { namespace: "default", name: "p" });
  await cluster.until(() => cluster.pod("p") === undefined);
  expect(cluster.runtime.volumes).toEqual([]);
  await expect(stat(source)).rejects.toThrow("ENOENT");
});

test("a hostPath of the wrong type is not mounted", async () => {
  await using cluster = await startKubelet();
  const volumes = [{ name: "v", hostPath: { path: "/etc/hostname", type: "Directory" } }];
  await cluster.run("p", { containers: [{ ...sleeper, volumeMounts: [{ name: "v", mountPath: "/v" }] }], volumes });
  const event =
    'FailedMount: MountVolume.SetUp failed for volume "v" : hostPath type check failed: /etc/hostname is not a directory';
  await cluster.until(() => cluster.events("p").includes(event));
});

test("a subPath mounts a part of a volume, and never what lies outside", async () => {
  await using cluster = await startKubelet();
  const mount = (subPath: string) => [{ name: "v", mountPath: "/v", subPath }];
  const volumes = [{ name: "v", emptyDir: {} }];
  await cluster.run("in", { containers: [{ ...sleeper, volumeMounts: mount("a/b") }], volumes });
  await cluster.until(() => cluster.isReady("in"));
  expect(sourceOf(cluster, "in", "/v")).toMatch(/kubernetes\.io~empty-dir\/v\/a\/b$/);
});

test("the termination message", async () => {
  await using cluster = await startKubelet();
  await cluster.run("p", {
    restartPolicy: "Never",
    containers: [
      { ...sleeper, terminationMessagePolicy: "FallbackToLogsOnError", command: ["sh", "-c", "echo no luck; exit 1"] },
    ],
  });
  await cluster.until(() => cluster.pod("p")?.status?.phase === "Failed");
  expect(cluster.container("p")?.state?.terminated?.message).toBe("no luck\n");
});

test("files of the network: hosts with aliases, resolv.conf of the cluster", async () => {
  await using cluster = await startKubelet();
  await cluster.run("p", {
    containers: [sleeper],
    hostname: "h",
    subdomain: "sub",
    hostAliases: [{ ip: "192.0.2.1", hostnames: ["one", "two"] }],
  });
  await cluster.until(() => cluster.isReady("p"));
  const config = cluster.runtime.sandboxConfigOf(cluster.sandboxes("p")[0]?.id ?? "");
  const [hosts, resolv] = await Promise.all(config.mounts.map(({ source }) => readFile(source, "utf8")));
  expect(hosts).toContain("10.244.0.2\th.sub.default.svc.cluster.local\th\n");
  expect(hosts).toContain("192.0.2.1\tone\ttwo\n");
  expect(resolv).toMatch(/^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local/);
  expect(resolv).toContain("nameserver 10.96.0.10\n");
  expect(resolv).toContain("options ndots:5\n");
});
