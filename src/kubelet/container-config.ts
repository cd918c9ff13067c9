/** A container of a Pod's spec as the runtime is to make it: pure. */
import { createHash } from "node:crypto";
import {
  type ContainerConfig,
  containerLabels,
  type Mount,
  type RuntimeImage,
  type SandboxConfig,
} from "../machinery/container-runtime.ts";
import type { Stored } from "../machinery/object.ts";
import type { Container, Pod, PodSpec } from "../machinery/types.ts";
import { ConfigError } from "./env.ts";
import { expand } from "./expand.ts";
import { containerResources } from "./resources.ts";

/** A change of these replaces a running container; everything else of a Pod's spec cannot change. */
export function specHash(container: Pick<Container, "name" | "image">): string {
  const text = JSON.stringify([container.name, container.image]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Labels that say whose container it is. */
export function podLabels(pod: Stored<Pod>): Record<string, string> {
  return {
    [containerLabels.podUid]: pod.metadata.uid,
    [containerLabels.podName]: pod.metadata.name,
    [containerLabels.podNamespace]: pod.metadata.namespace ?? "",
  };
}

/** `k8s_<container>_<pod>_<namespace>_<uid>_<attempt>`, as every Kubernetes on Docker names them; taken means: made already. */
export function containerName(pod: Stored<Pod>, container: string, attempt: number): string {
  const { name, namespace, uid } = pod.metadata;
  return `k8s_${container}_${name}_${namespace}_${uid}_${attempt}`;
}

export interface ContainerPlan {
  pod: Stored<Pod>;
  container: Container;
  image: RuntimeImage;
  sandbox: string;
  restartCount: number;
  backoffSeconds: number;
  env: ReadonlyMap<string, string>;
  mounts: readonly Mount[];
  /** Contents of the seccomp profile, where `Localhost` names one. */
  seccompProfile?: string;
  nodeMemory: number;
}

/** @throws ConfigError when `runAsNonRoot` forbids it. */
export function containerConfig(plan: ContainerPlan): ContainerConfig {
  const { pod, container, env } = plan;
  const spec = pod.spec as PodSpec;
  const security = container.securityContext ?? {};
  const own = spec.securityContext ?? {};
  checkNonRoot(plan);
  const expanded = (texts: readonly string[]) => texts.map((text) => expand(text, (name) => env.get(name)));
  const user = userOf(plan);
  const seccomp = seccompOf(plan);
  const appArmor = appArmorOf(security.appArmorProfile ?? own.appArmorProfile);
  return {
    name: containerName(pod, container.name, plan.restartCount),
    labels: {
      ...podLabels(pod),
      [containerLabels.container]: container.name,
      [containerLabels.restartCount]: String(plan.restartCount),
      [containerLabels.specHash]: specHash(container),
      [containerLabels.sandbox]: plan.sandbox,
      [containerLabels.backoffSeconds]: String(plan.backoffSeconds),
    },
    image: container.image ?? "",
    sandbox: plan.sandbox,
    ...(container.command && { entrypoint: expanded(container.command) }),
    ...(container.args && { cmd: expanded(container.args) }),
    env: [...env].map(([name, value]) => `${name}=${value}`),
    ...(container.workingDir && { workingDir: container.workingDir }),
    ...(user !== undefined && { user }),
    groups: groupsOf(spec),
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    mounts: plan.mounts,
    pid: spec.hostPID ? "host" : spec.shareProcessNamespace ? "sandbox" : "own",
    ipc: spec.hostIPC ? "host" : "sandbox",
    privileged: security.privileged ?? false,
    readOnlyRootFilesystem: security.readOnlyRootFilesystem ?? false,
    capabilities: { add: security.capabilities?.add ?? [], drop: security.capabilities?.drop ?? [] },
    noNewPrivileges: security.allowPrivilegeEscalation === false,
    ...(seccomp !== undefined && { seccomp }),
    ...(appArmor !== undefined && { appArmor }),
    unmaskedProc: security.procMount === "Unmasked",
    resources: containerResources(spec, container, plan.nodeMemory),
  };
}

function runAsUser({ pod, container }: ContainerPlan): number | undefined {
  return container.securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser;
}

function userOf(plan: ContainerPlan): string | undefined {
  const user = runAsUser(plan);
  const group = plan.container.securityContext?.runAsGroup ?? plan.pod.spec?.securityContext?.runAsGroup;
  if (group === undefined) return user === undefined ? undefined : String(user);
  return `${user ?? (plan.image.user.split(":")[0] || "0")}:${group}`;
}

/** The files' group goes to every container, besides those asked for: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ */
function groupsOf(spec: PodSpec): string[] {
  const { supplementalGroups = [], fsGroup } = spec.securityContext ?? {};
  return [...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])].map(String);
}

/** Only numbers can be checked: a name may stand for root. */
function checkNonRoot(plan: ContainerPlan): void {
  const { pod, container, image } = plan;
  const required = container.securityContext?.runAsNonRoot ?? pod.spec?.securityContext?.runAsNonRoot;
  if (!required) return;
  const { name, namespace, uid } = pod.metadata;
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`;
  const user = runAsUser(plan);
  if (user === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (user !== undefined) return;
  const imageUser = image.user.split(":")[0] ?? "";
  if (imageUser === "" || imageUser === "0") {
    throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if (!/^\d+$/.test(imageUser)) {
    throw new ConfigError(
      `container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root ${where}`,
    );
  }
}

export function seccompProfileOf(pod: Pod, container: Container) {
  return container.securityContext?.seccompProfile ?? pod.spec?.securityContext?.seccompProfile;
}

function seccompOf({ pod, container, seccompProfile }: ContainerPlan): string | undefined {
  const profile = seccompProfileOf(pod, container);
  if (profile?.type === "Unconfined") return "unconfined";
  return profile?.type === "Localhost" ? seccompProfile : undefined;
}

function appArmorOf(profile: { type: string; localhostProfile?: string } | undefined): string | undefined {
  if (profile?.type === "Unconfined") return "unconfined";
  return profile?.type === "Localhost" ? profile.localhostProfile : undefined;
}

export interface SandboxPlan {
  pod: Stored<Pod>;
  attempt: number;
  /** Undefined with host networking. */
  address?: string;
  hostname: string;
  mounts: readonly Mount[];
}

export function sandboxConfig({ pod, attempt, address, hostname, mounts }: SandboxPlan): SandboxConfig {
  const volumes = mounts.filter(({ type }) => type === "volume").map(({ source }) => source);
  const spec = pod.spec as PodSpec;
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const ports = containers
    .flatMap((container) => container.ports ?? [])
    .flatMap(({ containerPort, hostPort, hostIP, protocol = "TCP" }) =>
      hostPort
        ? [
            {
              containerPort,
              hostPort,
              hostIp: hostIP ?? "",
              protocol: protocol.toLowerCase() as "tcp" | "udp" | "sctp",
            },
          ]
        : [],
    );
  return {
    name: containerName(pod, "POD", attempt),
    labels: {
      ...podLabels(pod),
      [containerLabels.restartCount]: String(attempt),
      ...(address && { [containerLabels.podIp]: address }),
      ...(volumes.length > 0 && { [containerLabels.memoryVolumes]: volumes.join(",") }),
    },
    ...(address && { network: { address, ports }, hostname }),
    mounts,
    hostPid: spec.hostPID ?? false,
    hostIpc: spec.hostIPC ?? false,
    sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
  };
}
