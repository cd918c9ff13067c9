/** Containers between the port's terms and the Engine API's: pure. https://docs.docker.com/reference/api/engine/version/v1.41/ */
import type { ContainerCreateOptions, ContainerInspectInfo, MountSettings } from "dockerode";
import type {
  ContainerConfig,
  Mount,
  PublishedPort,
  RuntimeContainer,
  SandboxConfig,
} from "../../machinery/container-runtime.ts";
import { instanceLabel } from "../../machinery/settings.ts";

/** Docker's period of CPU quotas: 100 ms. */
const cpuPeriod = 100_000;

/** As the kubelet's defaults: containerLogMaxSize 10Mi, containerLogMaxFiles 5. */
const logConfig = { Type: "json-file", Config: { "max-size": "10m", "max-file": "5" } };

/** The engine's times are RFC 3339 with nanoseconds; the year 1 stands for "never". */
function time(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? "");
  return ms > 0 ? ms : undefined;
}

/** `docker inspect` in the port's terms. */
export function toRuntimeContainer(info: ContainerInspectInfo): RuntimeContainer {
  const { State: state, Config: config } = info;
  const createdAt = time(info.Created) ?? 0;
  const common = {
    id: info.Id,
    labels: config.Labels ?? {},
    image: config.Image,
    imageId: info.Image,
    createdAt,
    oomKilled: state.OOMKilled,
    error: state.Error,
    // Absent from dockerode's types; set when the image or the creator chose one.
    stopSignal: (config as { StopSignal?: string }).StopSignal || "SIGTERM",
  };
  const startedAt = time(state.StartedAt);
  const started = startedAt === undefined ? {} : { startedAt };
  switch (state.Status) {
    case "running":
    case "paused":
      return { ...common, ...started, state: state.Status, pid: state.Pid };
    case "created":
      // A failed start leaves a container as it was, but for the reason.
      if (state.Error === "") return { ...common, state: "created" };
      return { ...common, state: "exited", finishedAt: createdAt, exitCode: state.ExitCode || 128 };
    default:
      return {
        ...common,
        ...started,
        state: "exited",
        finishedAt: time(state.FinishedAt) ?? startedAt ?? createdAt,
        exitCode: state.ExitCode,
      };
  }
}

function toMount(mount: Mount): MountSettings {
  return {
    Type: mount.type === "path" ? "bind" : "volume",
    Source: mount.source,
    Target: mount.target,
    ReadOnly: mount.readOnly,
    ...(mount.propagation && { BindOptions: { Propagation: mount.propagation } }),
  };
}

function portBindings(ports: readonly PublishedPort[]): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of ports) {
    const key = `${port.containerPort}/${port.protocol}`;
    (bindings[key] ??= []).push({ HostIp: port.hostIp, HostPort: String(port.hostPort) });
  }
  return bindings;
}

/** Label of a sandbox that Skiff itself puts on the bridge; its value is the address. */
export const plugLabel = "skiff.dev/plug";

export interface SandboxPlace {
  instance: string;
  /** Of the sandbox. */
  image: string;
  /** The Docker network that connects it; undefined when Skiff does. */
  network?: string;
  /** Its second address, in a dual-stack cluster. */
  ipv6?: string;
}

/** Docker switches IPv6 off in a container that has no such address of its making. */
const ipv6Sysctls = { "net.ipv6.conf.all.disable_ipv6": "0", "net.ipv6.conf.default.disable_ipv6": "0" };

/** Body of `POST /containers/create` for a sandbox. */
export function sandboxOptions(
  config: SandboxConfig,
  { instance, image, network, ipv6 }: SandboxPlace,
): ContainerCreateOptions {
  const bindings = portBindings(config.network?.ports ?? []);
  const address = config.network?.address;
  return {
    name: config.name,
    Image: image,
    Labels: {
      ...config.labels,
      [instanceLabel]: instance,
      ...(address !== undefined && network === undefined && { [plugLabel]: address }),
    },
    ...(config.hostname && { Hostname: config.hostname }),
    ExposedPorts: Object.fromEntries(Object.keys(bindings).map((key) => [key, {}])),
    HostConfig: {
      NetworkMode: address === undefined ? "host" : (network ?? "none"),
      PortBindings: bindings,
      IpcMode: config.hostIpc ? "host" : "shareable",
      ...(config.hostPid && { PidMode: "host" }),
      Mounts: config.mounts.map(toMount),
      Sysctls: { ...(ipv6 !== undefined && ipv6Sysctls), ...config.sysctls },
      CapDrop: ["ALL"],
      LogConfig: { Type: "none", Config: {} },
    },
    ...(address !== undefined &&
      network !== undefined && {
        NetworkingConfig: {
          EndpointsConfig: {
            [network]: { IPAMConfig: { IPv4Address: address, ...(ipv6 !== undefined && { IPv6Address: ipv6 }) } },
          },
        },
      }),
  };
}

function securityOptions(config: ContainerConfig): string[] {
  return [
    ...(config.noNewPrivileges ? ["no-new-privileges"] : []),
    ...(config.seccomp ? [`seccomp=${config.seccomp}`] : []),
    ...(config.appArmor ? [`apparmor=${config.appArmor}`] : []),
  ];
}

/** Body of `POST /containers/create` for a container that joins a sandbox. */
export function containerOptions(config: ContainerConfig, instance: string): ContainerCreateOptions {
  const joined = `container:${config.sandbox}`;
  const { resources } = config;
  return {
    name: config.name,
    Image: config.image,
    Labels: { ...config.labels, [instanceLabel]: instance },
    ...(config.entrypoint && { Entrypoint: [...config.entrypoint] }),
    ...(config.cmd && { Cmd: [...config.cmd] }),
    Env: [...config.env],
    ...(config.workingDir && { WorkingDir: config.workingDir }),
    ...(config.user && { User: config.user }),
    Tty: config.tty,
    OpenStdin: config.stdin,
    StdinOnce: config.stdinOnce,
    // Kubernetes takes no notice of an image's HEALTHCHECK, and running it would cost.
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: joined,
      IpcMode: config.ipc === "host" ? "host" : joined,
      ...(config.pid !== "own" && { PidMode: config.pid === "host" ? "host" : joined }),
      Mounts: config.mounts.map(toMount),
      GroupAdd: [...config.groups],
      Privileged: config.privileged,
      ReadonlyRootfs: config.readOnlyRootFilesystem,
      CapAdd: [...config.capabilities.add],
      CapDrop: [...config.capabilities.drop],
      SecurityOpt: securityOptions(config),
      ...(config.unmaskedProc && { MaskedPaths: [], ReadonlyPaths: [] }),
      CpuShares: resources.cpuShares,
      ...(resources.cpuQuota !== undefined && { CpuPeriod: cpuPeriod, CpuQuota: resources.cpuQuota }),
      // The same for both: Kubernetes gives containers no swap.
      ...(resources.memoryLimit !== undefined && {
        Memory: resources.memoryLimit,
        MemorySwap: resources.memoryLimit,
      }),
      OomScoreAdj: resources.oomScoreAdjust,
      LogConfig: logConfig,
    },
  };
}
