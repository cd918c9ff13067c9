import type { ContainerInspectInfo } from "dockerode";
import { expect, test } from "vitest";
import { containerOptions, sandboxOptions, toRuntimeContainer } from "./containers.ts";

const never = "0001-01-01T00:00:00Z";

/** The parts of an answer of `inspect` that matter here. */
function inspected(state: object): ContainerInspectInfo {
  return {
    Id: "abc",
    Created: "2026-01-01T00:00:00.5Z",
    Image: "sha256:1",
    Config: { Image: "nginx:1.25", Labels: { a: "b" }, StopSignal: "SIGQUIT" },
    State: { OOMKilled: false, Error: "", ExitCode: 0, StartedAt: never, FinishedAt: never, ...state },
  } as unknown as ContainerInspectInfo;
}

const created = Date.UTC(2026, 0, 1, 0, 0, 0, 500);
const started = { StartedAt: "2026-01-01T00:00:01Z" };

test.each([
  [{ Status: "created" }, { state: "created" }],
  [
    { Status: "created", Error: "no such file", ExitCode: 127 },
    { state: "exited", exitCode: 127, finishedAt: created, error: "no such file" },
  ],
  [
    { Status: "created", Error: "port taken" },
    { state: "exited", exitCode: 128, finishedAt: created },
  ],
  [
    { Status: "running", ...started },
    { state: "running", startedAt: created + 500 },
  ],
  [
    { Status: "paused", ...started },
    { state: "paused", startedAt: created + 500 },
  ],
  [
    { Status: "exited", ...started, FinishedAt: "2026-01-01T00:00:02Z", ExitCode: 137, OOMKilled: true },
    { state: "exited", startedAt: created + 500, finishedAt: created + 1500, exitCode: 137, oomKilled: true },
  ],
  [
    { Status: "dead", ...started, ExitCode: 1 },
    { state: "exited", exitCode: 1, finishedAt: created + 500 },
  ],
])("%j", (state, expected) => {
  expect(toRuntimeContainer(inspected(state))).toMatchObject({
    id: "abc",
    labels: { a: "b" },
    image: "nginx:1.25",
    imageId: "sha256:1",
    createdAt: created,
    stopSignal: "SIGQUIT",
    ...expected,
  });
});

test("a sandbox in Docker's terms", () => {
  const options = sandboxOptions(
    {
      name: "k8s_POD_a",
      labels: {},
      network: {
        address: "10.244.0.5",
        ports: [
          { containerPort: 80, hostPort: 8080, hostIp: "127.0.0.1", protocol: "tcp" },
          { containerPort: 80, hostPort: 8081, hostIp: "", protocol: "tcp" },
        ],
      },
      hostname: "a",
      mounts: [{ type: "path", source: "/data/hosts", target: "/etc/hosts", readOnly: false }],
      hostPid: false,
      hostIpc: false,
      sysctls: { "net.core.somaxconn": "1024" },
    },
    { instance: "default", image: "skiff-sandbox:default", network: "skiff-default" },
  );
  expect(options).toMatchObject({
    Hostname: "a",
    Labels: { "skiff.dev/instance": "default" },
    ExposedPorts: { "80/tcp": {} },
    HostConfig: {
      NetworkMode: "skiff-default",
      IpcMode: "shareable",
      PortBindings: {
        "80/tcp": [
          { HostIp: "127.0.0.1", HostPort: "8080" },
          { HostIp: "", HostPort: "8081" },
        ],
      },
      Sysctls: { "net.core.somaxconn": "1024" },
    },
    NetworkingConfig: { EndpointsConfig: { "skiff-default": { IPAMConfig: { IPv4Address: "10.244.0.5" } } } },
  });
});

test("a sandbox that Skiff connects has no network of Docker's, and says where it belongs", () => {
  const config = { name: "a", labels: {}, mounts: [], hostPid: false, hostIpc: false, sysctls: {} };
  const place = { instance: "default", image: "i" };
  expect(sandboxOptions({ ...config, network: { address: "10.244.0.5", ports: [] } }, place)).toMatchObject({
    Labels: { "skiff.dev/plug": "10.244.0.5" },
    HostConfig: { NetworkMode: "none" },
  });
  const onHost = sandboxOptions(config, place);
  expect(onHost.HostConfig?.NetworkMode).toBe("host");
  expect(onHost.Labels).not.toHaveProperty(["skiff.dev/plug"]);
});

test("a container in Docker's terms", () => {
  const options = containerOptions(
    {
      name: "k8s_c_a",
      labels: { "skiff.dev/container": "c" },
      image: "nginx:1.25",
      sandbox: "s1",
      cmd: ["serve"],
      env: ["A=b"],
      user: "1000:7",
      groups: ["5"],
      tty: false,
      stdin: false,
      stdinOnce: false,
      mounts: [{ type: "volume", source: "v", target: "/v", readOnly: true }],
      pid: "sandbox",
      ipc: "sandbox",
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
      noNewPrivileges: true,
      seccomp: "unconfined",
      unmaskedProc: false,
      resources: { cpuShares: 512, cpuQuota: 50_000, memoryLimit: 1024, oomScoreAdjust: 10 },
    },
    "default",
  );
  expect(options).toMatchObject({
    Image: "nginx:1.25",
    Cmd: ["serve"],
    Env: ["A=b"],
    User: "1000:7",
    Labels: { "skiff.dev/instance": "default", "skiff.dev/container": "c" },
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: "container:s1",
      IpcMode: "container:s1",
      PidMode: "container:s1",
      Mounts: [{ Type: "volume", Source: "v", Target: "/v", ReadOnly: true }],
      GroupAdd: ["5"],
      ReadonlyRootfs: true,
      CapAdd: ["NET_ADMIN"],
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges", "seccomp=unconfined"],
      CpuShares: 512,
      CpuPeriod: 100_000,
      CpuQuota: 50_000,
      Memory: 1024,
      MemorySwap: 1024,
      OomScoreAdj: 10,
    },
  });
  expect(options).not.toHaveProperty("Entrypoint");
});

test("a sandbox with a second address: IPv6 is switched on, and Docker is told the address where it gives it", () => {
  const network = { address: "10.244.0.5", ports: [] };
  const config = { name: "a", labels: {}, network, mounts: [], hostPid: false, hostIpc: false, sysctls: {} };
  const place = { instance: "default", image: "i", ipv6: "fd00:10:244::5" };
  expect(sandboxOptions(config, place).HostConfig?.Sysctls).toEqual({
    "net.ipv6.conf.all.disable_ipv6": "0",
    "net.ipv6.conf.default.disable_ipv6": "0",
  });
  const endpoint = { IPAMConfig: { IPv4Address: "10.244.0.5", IPv6Address: "fd00:10:244::5" } };
  expect(sandboxOptions(config, { ...place, network: "n" }).NetworkingConfig).toEqual({
    EndpointsConfig: { n: endpoint },
  });
});
