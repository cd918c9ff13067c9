/** Images of the engine's local store, and pulling them. */
import type { RegistryAuth, RuntimeImage } from "../../machinery/container-runtime.ts";
import { type DockerClient, docked, toRuntimeError } from "./client.ts";
import { follow } from "./progress.ts";

/** A local image by reference or id; undefined when there is none. */
export async function inspectImage(docker: DockerClient, reference: string): Promise<RuntimeImage | undefined> {
  try {
    const image = await docker.getImage(reference).inspect();
    return {
      id: image.Id,
      repoDigests: image.RepoDigests ?? [],
      user: image.Config?.User ?? "",
      sizeBytes: image.Size,
    };
  } catch (error) {
    const known = toRuntimeError(error);
    if (known.kind === "NotFound") return undefined;
    throw known;
  }
}

/** Without a tag Docker would pull them all: Kubernetes means `latest`. */
export function withTag(reference: string): string {
  const name = reference.slice(reference.lastIndexOf("/") + 1);
  return name.includes(":") || name.includes("@") ? reference : `${reference}:latest`;
}

/** Pulls with each of the credentials in turn, or without any when there are none. @throws RuntimeError of the last attempt. */
export async function pullImage(
  docker: DockerClient,
  reference: string,
  auths: readonly RegistryAuth[],
  signal: AbortSignal,
): Promise<void> {
  const attempts = auths.length > 0 ? auths : [undefined];
  let failure: unknown;
  for (const auth of attempts) {
    try {
      const options = {
        abortSignal: signal,
        ...(auth && {
          authconfig: { username: auth.username, password: auth.password, serveraddress: auth.serverAddress },
        }),
      };
      return await follow(await docked(docker.pull(withTag(reference), options)));
    } catch (error) {
      failure = error;
    }
  }
  throw toRuntimeError(failure);
}
