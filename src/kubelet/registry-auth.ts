/** Credentials for registries from `imagePullSecrets`. Rule: https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/ */
import type { RegistryAuth } from "../machinery/container-runtime.ts";
import type { Secret } from "../machinery/types.ts";
import { registryOf } from "./image-reference.ts";

interface DockerConfig {
  auth?: string;
  username?: string;
  password?: string;
}

/** The entries of a `kubernetes.io/dockerconfigjson` or the older `kubernetes.io/dockercfg` Secret. */
function entries(secret: Secret): [string, DockerConfig][] {
  const json = secret.data?.[".dockerconfigjson"];
  const old = secret.data?.[".dockercfg"];
  const parse = (base64: string): unknown => JSON.parse(Buffer.from(base64, "base64").toString("utf8"));
  try {
    if (json) return Object.entries((parse(json) as { auths?: Record<string, DockerConfig> }).auths ?? {});
    if (old) return Object.entries(parse(old) as Record<string, DockerConfig>);
  } catch {
    // Not JSON: of no use, as a Secret of another type would be.
  }
  return [];
}

/** `https://index.docker.io/v1/` and the like → `docker.io`. */
function registryName(server: string): string {
  const host = server.replace(/^https?:\/\//, "").split("/")[0] ?? "";
  return /(^|\.)docker\.io$/.test(host) ? "docker.io" : host;
}

/** The credentials that fit the image's registry, in the order of the Secrets. */
export function registryAuths(image: string, secrets: readonly Secret[]): RegistryAuth[] {
  const registry = registryOf(image);
  return secrets.flatMap(entries).flatMap(([server, { auth, username, password }]) => {
    if (registryName(server) !== registry) return [];
    const [user = "", ...rest] = auth ? Buffer.from(auth, "base64").toString("utf8").split(":") : [username, password];
    return [{ serverAddress: server, username: user ?? "", password: rest.join(":") }];
  });
}
