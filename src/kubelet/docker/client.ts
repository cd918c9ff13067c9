/** The connection to the Docker Engine, and its errors as the port's. */
import Docker from "dockerode";
import { RuntimeError } from "../../machinery/container-runtime.ts";

export type DockerClient = Docker;

/** The engine that `DOCKER_HOST` (with `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`) names, or the one on this host. */
export function connectDocker(): DockerClient {
  return new Docker();
}

/** What dockerode throws: an HTTP answer, or Node's own error when there was none. */
interface DockerodeError extends Error {
  statusCode?: number;
  json?: { message?: string };
  code?: string;
}

const unreachable = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EACCES", "EHOSTUNREACH"]);

/** The engine's own sentence, without what dockerode puts around it. */
export function toRuntimeError(thrown: unknown): RuntimeError {
  if (thrown instanceof RuntimeError) return thrown;
  const error = thrown as DockerodeError;
  if (error.statusCode === undefined) {
    const lost = unreachable.has(error.code ?? "") || error.message === "socket hang up";
    return new RuntimeError(lost ? "Unavailable" : "Other", error.message);
  }
  // Where the answer was a stream, dockerode puts the engine's sentence behind words of its own.
  const message = (error.json?.message ?? error.message.replace(/^\(HTTP code \d+\) .*? - /, "")).trim();
  if (/address already in use/i.test(message) && !/bind/i.test(message)) {
    return new RuntimeError("AddressInUse", message);
  }
  if (error.statusCode === 404) return new RuntimeError("NotFound", message);
  if (error.statusCode === 409) return new RuntimeError("Conflict", message);
  return new RuntimeError("Other", message);
}

/** Awaits a call of the engine. @throws RuntimeError */
export async function docked<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toRuntimeError(error);
  }
}
