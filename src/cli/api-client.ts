/** The Kubernetes API over the instance's unix socket, as far as commands need it. */
import { type IncomingMessage, request } from "node:http";
import { UserError } from "../machinery/daemon.ts";
import type { KubeObject, Stored } from "../machinery/object.ts";
import type { Resource } from "../machinery/resource.ts";
import type { Status } from "../machinery/status-error.ts";
import { ask } from "./admin-client.ts";

/** Objects of a namespace, chosen by their labels. */
export interface Selection {
  namespace: string;
  labelSelector: string;
}

export function pathTo(resource: Resource, namespace: string, name?: string): string {
  const root = resource.group ? `/apis/${resource.group}` : "/api";
  return `${root}/${resource.version}/namespaces/${namespace}/${resource.plural}${name === undefined ? "" : `/${name}`}`;
}

/** @throws UserError with what the API answered instead, or when the daemon is gone. */
async function call(socket: string, method: string, path: string): Promise<unknown> {
  const answer = await ask(socket, method, path);
  if (!answer) throw new UserError("The daemon has stopped.");
  const body = JSON.parse(answer.body) as unknown;
  if (answer.status < 300) return body;
  throw new UserError((body as Status).message ?? `${method} ${path}: ${answer.status}`);
}

export async function list<T extends KubeObject>(
  socket: string,
  resource: Resource<T>,
  { namespace, ...query }: Omit<Selection, "labelSelector"> & Record<string, string>,
): Promise<Stored<T>[]> {
  const path = `${pathTo(resource, namespace)}?${new URLSearchParams(query).toString()}`;
  const { items } = (await call(socket, "GET", path)) as { items: Stored<T>[] };
  return items;
}

/** Dependents go too, in the background. */
export async function remove(socket: string, resource: Resource, namespace: string, name: string): Promise<void> {
  await call(socket, "DELETE", `${pathTo(resource, namespace, name)}?propagationPolicy=Background`);
}

/**
 * Each line of an answer, as it comes, until the answer or `signal` ends it.
 * @throws UserError with what the API answered instead.
 */
export async function* lines(socket: string, path: string, signal: AbortSignal): AsyncGenerator<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ socketPath: socket, path, signal }, resolve);
    sent.on("error", reject);
    sent.end();
  }).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (!response) return;
  if (response.statusCode !== 200) {
    let text = "";
    for await (const chunk of response) text += String(chunk);
    throw new UserError((JSON.parse(text) as Status).message ?? `GET ${path}: ${response.statusCode}`);
  }
  response.setEncoding("utf8");
  let rest = "";
  try {
    for await (const chunk of response) {
      const parts = (rest + String(chunk)).split("\n");
      rest = parts.pop() ?? "";
      yield* parts;
    }
  } catch (error) {
    // Ended by `signal`, or the connection broke off: an end like any other, but for an error of whoever reads here.
    if (!signal.aborted && (error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
  }
  if (rest !== "") yield rest;
}

export interface ObjectEvent<T extends KubeObject> {
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: Stored<T>;
}

/** What is there, then every change, until `signal` ends it. */
export async function* watch<T extends KubeObject>(
  socket: string,
  resource: Resource<T>,
  { namespace, labelSelector }: Selection,
  signal: AbortSignal,
): AsyncGenerator<ObjectEvent<T>> {
  const query = new URLSearchParams({ watch: "true", labelSelector });
  for await (const line of lines(socket, `${pathTo(resource, namespace)}?${query.toString()}`, signal)) {
    const event = JSON.parse(line) as ObjectEvent<T> | { type: "ERROR"; object: Status };
    if (event.type === "ERROR") throw new UserError(event.object.message ?? "the watch was ended");
    yield event;
  }
}
