/** Starts one container of a Pod whose sandbox runs. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ContainerConfig, Mount, RuntimeContainer, RuntimeImage } from "../machinery/container-runtime.ts";
import type { Stored } from "../machinery/object.ts";
import { configMaps, secrets, services } from "../machinery/resource.ts";
import type { Container, Pod, Secret, Service } from "../machinery/types.ts";
import { containerConfig, seccompProfileOf } from "./container-config.ts";
import type { PodFacts } from "./downward.ts";
import { ConfigError, containerEnv, type References } from "./env.ts";
import type { ImageRequest } from "./images.ts";
import type { KubeletParts } from "./parts.ts";
import { containerReference } from "./references.ts";
import { registryAuths } from "./registry-auth.ts";
import { serviceEnv } from "./service-env.ts";
import { containerMounts } from "./volumes/mounts.ts";
import type { PodDirectory } from "./volumes/pod-directory.ts";
import type { MadeVolume } from "./volumes/pod-volumes.ts";

/** Looks references up where the Pod is. */
export function referencesOf({ client }: Pick<KubeletParts, "client">, pod: Stored<Pod>): References {
  const namespace = pod.metadata.namespace ?? "";
  return {
    configMap: (name) => client.get(configMaps, { namespace, name }),
    secret: (name) => client.get(secrets, { namespace, name }),
  };
}

export function imageRequest(
  { client }: Pick<KubeletParts, "client">,
  pod: Stored<Pod>,
  container: Container,
): ImageRequest {
  const namespace = pod.metadata.namespace ?? "";
  const pullSecrets = (pod.spec?.imagePullSecrets ?? [])
    .map(({ name = "" }): Secret | undefined => client.get(secrets, { namespace, name }))
    .filter((secret) => secret !== undefined);
  const image = container.image ?? "";
  return {
    image,
    policy: (container.imagePullPolicy ?? "IfNotPresent") as ImageRequest["policy"],
    auths: registryAuths(image, pullSecrets),
    about: containerReference(pod, container.name),
  };
}

/** Services a container is told of: `kubernetes`, and those of its namespace unless it wants no links. */
function linkedServices({ client }: Pick<KubeletParts, "client">, pod: Stored<Pod>): Service[] {
  const kubernetes = client.get(services, { namespace: "default", name: "kubernetes" });
  const own =
    pod.spec?.enableServiceLinks === false ? [] : client.list(services, { namespace: pod.metadata.namespace ?? "" });
  return [...(kubernetes ? [kubernetes] : []), ...own];
}

export interface StartPlan {
  pod: Stored<Pod>;
  container: Container;
  image: RuntimeImage;
  sandbox: RuntimeContainer;
  volumes: ReadonlyMap<string, MadeVolume>;
  directory: PodDirectory;
  facts: PodFacts;
  restartCount: number;
  backoffSeconds: number;
}

/** @throws ConfigError when something it refers to is missing or not allowed. */
export async function planContainer(parts: KubeletParts, plan: StartPlan): Promise<ContainerConfig> {
  const { pod, container } = plan;
  const linked = serviceEnv(linkedServices(parts, pod));
  const env = containerEnv(pod, container, linked, referencesOf(parts, pod), plan.facts);
  const mounts = await containerMounts(container, plan.volumes, env);
  const seccompProfile = await localSeccompProfile(parts, pod, container);
  return containerConfig({
    pod,
    container,
    image: plan.image,
    sandbox: plan.sandbox.id,
    restartCount: plan.restartCount,
    backoffSeconds: plan.backoffSeconds,
    env,
    mounts: [...mounts, await terminationLogMount(plan)],
    ...(seccompProfile !== undefined && { seccompProfile }),
    nodeMemory: parts.node.memoryBytes,
  });
}

/** A file that any user of the container may write to: https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/ */
async function terminationLogMount({ container, directory, restartCount }: StartPlan): Promise<Mount> {
  const source = directory.terminationLog(container.name, restartCount);
  await mkdir(dirname(source), { recursive: true, mode: 0o755 });
  await writeFile(source, "");
  await chmod(source, 0o666);
  const target = container.terminationMessagePath ?? "/dev/termination-log";
  return { type: "path", source, target, readOnly: false };
}

/** `Localhost` profiles lie in `<dataDir>/seccomp`, as a kubelet's lie in its root directory. */
async function localSeccompProfile(
  { settings }: Pick<KubeletParts, "settings">,
  pod: Stored<Pod>,
  container: Container,
): Promise<string | undefined> {
  const profile = seccompProfileOf(pod, container);
  if (profile?.type !== "Localhost") return undefined;
  const path = join(settings.dataDir, "seccomp", profile.localhostProfile ?? "");
  try {
    return await readFile(path, "utf8");
  } catch {
    throw new ConfigError(`cannot load seccomp profile "${path}"`);
  }
}
