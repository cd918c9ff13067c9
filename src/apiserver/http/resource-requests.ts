/**
 * Requests about objects and collections, one function for all kinds.
 * Rule: https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import type { PatchType } from "../../machinery/client.ts";
import type { Verb } from "../../machinery/kind.ts";
import type { KubeObject, ObjectKey, Stored } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { RequestContext, ServedKind } from "../api.ts";
import { type DecodedBody, decodeObject, decodePatch, readBody } from "./body.ts";
import type { HttpParts, ResourceExchange } from "./exchange.ts";
import { listQuery } from "./list-options.ts";
import { mediaTypeOf } from "./media-types.ts";
import { sendJson, warningHeaders } from "./responses.ts";
import { representationOf, showList, showObject } from "./show.ts";
import { streamWatch } from "./watch-stream.ts";
import { deleteOptions, type WriteContext, writeContext } from "./write-options.ts";

const patchTypes: Readonly<Record<string, PatchType>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

/** @throws StatusError NotFound, MethodNotAllowed. */
export async function answerResource(parts: HttpParts, exchange: ResourceExchange): Promise<void> {
  const { info, kind } = exchange;
  const verb = checkedVerb(exchange);
  const { api, now } = parts;
  const key = keyOf(exchange);
  switch (verb) {
    case "get": {
      const as = representationOf(exchange);
      return showObject(exchange, kind, as, 200, api.get(kind, key), now());
    }
    case "list": {
      const as = representationOf(exchange);
      return showList(exchange, kind, as, api.list(kind, listQuery(info.query, info.namespace)), now());
    }
    case "watch":
      return streamWatch(parts, exchange);
    case "create":
      return create(parts, exchange);
    case "update":
      return update(parts, exchange, key);
    case "patch":
      return patch(parts, exchange, key);
    case "delete":
      return remove(parts, exchange, key);
    case "deletecollection":
      return removeCollection(parts, exchange);
  }
}

function keyOf({ info }: ResourceExchange): ObjectKey {
  return { ...(info.namespace !== undefined && { namespace: info.namespace }), name: info.name ?? "" };
}

/** Refuses what is not served at this path, by this kind or with this method. */
function checkedVerb({ info, kind, request, warnings }: ResourceExchange): Verb {
  const { verbs, virtual, resource } = kind.definition;
  if (!resource.namespaced && info.namespace !== undefined) throw StatusError.noSuchResource();
  const verb = info.verb as Verb;
  const onCollection = info.name === undefined;
  if (resource.namespaced && info.namespace === undefined) {
    if (!onCollection) throw StatusError.noSuchResource();
    if (verb === "create" || verb === "deletecollection") throw StatusError.methodNotAllowed();
  }
  const served: readonly Verb[] = virtual ? ["create"] : (verbs ?? everyVerb);
  if (kind.definition.deprecation) warnings.push(kind.definition.deprecation);
  const fits = verb === "watch" || (onCollection ? collectionVerbs : objectVerbs).includes(verb);
  if (!fits || !served.includes(verb) || request.method === "HEAD") throw StatusError.methodNotAllowed();
  return verb;
}

const collectionVerbs: readonly Verb[] = ["list", "watch", "create", "deletecollection"];
const objectVerbs: readonly Verb[] = ["get", "update", "patch", "delete"];
const everyVerb: readonly Verb[] = [...collectionVerbs, ...objectVerbs];

async function create(parts: HttpParts, exchange: ResourceExchange): Promise<void> {
  const { api, now } = parts;
  const { info, kind, request } = exchange;
  const as = representationOf(exchange);
  const options = writeContext("CreateOptions", info.query, request.headers["user-agent"]);
  const body = await readObject(parts, exchange, kind.definition.resource.kind, options);
  const object = await api.create(kind, info.namespace, body, contextOf(exchange, options));
  return showObject(exchange, kind, as, 201, object, now());
}

async function update(
  parts: HttpParts,
  exchange: ResourceExchange,
  key: ObjectKey,
  subresource?: string,
): Promise<void> {
  const { api, now } = parts;
  const { info, kind, request } = exchange;
  const as = representationOf(exchange);
  const options = writeContext("UpdateOptions", info.query, request.headers["user-agent"]);
  const body = await readObject(parts, exchange, shownKind(kind, subresource), options);
  const { object, created } = await api.update(kind, key, body, contextOf(exchange, options), subresource);
  return showObject(exchange, kind, as, created ? 201 : 200, object, now());
}

async function patch(
  { api, now }: HttpParts,
  exchange: ResourceExchange,
  key: ObjectKey,
  subresource?: string,
): Promise<void> {
  const { info, kind, request } = exchange;
  const as = representationOf(exchange);
  const type = patchTypes[mediaTypeOf(request.headers["content-type"])];
  if (!type) throw StatusError.unsupportedMediaType("415: Unsupported Media Type");
  const options = writeContext("PatchOptions", info.query, request.headers["user-agent"], type === "apply");
  const decoded = await decodePatch(await readBody(request), type === "apply" ? "yaml" : "json");
  const sent = checkDuplicates(exchange, shownKind(kind, subresource), decoded, options);
  const { object, created } = await api.patch(kind, key, type, sent, contextOf(exchange, options), subresource);
  return showObject(exchange, kind, as, created ? 201 : 200, object, now());
}

async function remove(parts: HttpParts, exchange: ResourceExchange, key: ObjectKey): Promise<void> {
  const { api, now } = parts;
  const { kind, request, response, warnings } = exchange;
  const as = representationOf(exchange);
  const { options, dryRun } = await readDeleteOptions(parts, exchange);
  const { object, gone } = await api.delete(kind, key, options, contextOf(exchange, { fieldManager: "", dryRun }));
  // Kinds with a grace period (Pods) answer with the object even when it went at once.
  if (!gone || kind.definition.gracePeriod) return showObject(exchange, kind, as, 200, object, now());
  return sendJson(request, response, 200, JSON.stringify(deleted(kind, object)), warningHeaders(warnings));
}

function deleted(kind: ServedKind, { metadata }: Stored<KubeObject>) {
  const { group } = kind;
  const details = {
    name: metadata.name,
    ...(group && { group }),
    kind: kind.definition.resource.plural,
    uid: metadata.uid,
  };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
}

async function removeCollection(parts: HttpParts, exchange: ResourceExchange): Promise<void> {
  const { api, now } = parts;
  const { info, kind } = exchange;
  const as = representationOf(exchange);
  const query = listQuery(info.query, info.namespace);
  const { options, dryRun } = await readDeleteOptions(parts, exchange);
  const result = await api.deleteCollection(kind, query, options, contextOf(exchange, { fieldManager: "", dryRun }));
  return showList(exchange, kind, as, result, now());
}

async function readDeleteOptions({ schemas }: HttpParts, { request, info }: ResourceExchange) {
  const body = await readBody(request);
  if (body.length === 0) return deleteOptions(info.query, undefined);
  const { value } = await decodeObject(body, request.headers["content-type"], "DeleteOptions", schemas);
  return deleteOptions(info.query, value);
}

/**
 * Requests about a part of an object: `status`, `scale`, `binding`.
 * @throws StatusError NotFound, MethodNotAllowed.
 */
export async function answerSubresource(parts: HttpParts, exchange: ResourceExchange, name: string): Promise<void> {
  const { info, kind, request } = exchange;
  const { definition } = kind;
  const { namespaced } = definition.resource;
  const part = definition.subresources?.[name] ?? (name === "status" && definition.status ? statusPart : undefined);
  if (!part || namespaced !== (info.namespace !== undefined)) throw StatusError.noSuchResource();
  const key = keyOf(exchange);
  if (part.type === "create") {
    if (info.verb !== "create") throw StatusError.methodNotAllowed();
    return createSubresource(parts, exchange, key, name, part.kind.kind);
  }
  if (part.type === "connect" || request.method === "HEAD") throw StatusError.methodNotAllowed();
  if (info.verb === "get") {
    const as = representationOf(exchange);
    return showObject(exchange, kind, as, 200, parts.api.getSubresource(kind, key, name), parts.now());
  }
  if (info.verb === "update") return update(parts, exchange, key, name);
  if (info.verb === "patch") return patch(parts, exchange, key, name);
  throw StatusError.methodNotAllowed();
}

const statusPart = { type: "update" } as const;

async function createSubresource(
  parts: HttpParts,
  exchange: ResourceExchange,
  key: ObjectKey,
  name: string,
  bodyKind: string,
): Promise<void> {
  const { api, now } = parts;
  const { info, kind, request } = exchange;
  const as = representationOf(exchange);
  const options = writeContext("CreateOptions", info.query, request.headers["user-agent"]);
  const body = await readObject(parts, exchange, bodyKind, options);
  const object = await api.createSubresource(kind, key, name, body, contextOf(exchange, options));
  return showObject(exchange, kind, as, 201, object, now());
}

function shownKind({ definition }: ServedKind, subresource: string | undefined): string {
  const part = subresource === undefined ? undefined : definition.subresources?.[subresource];
  return part?.kind?.kind ?? definition.resource.kind;
}

async function readObject(
  { schemas }: HttpParts,
  exchange: ResourceExchange,
  kind: string,
  options: WriteContext,
): Promise<unknown> {
  const { request } = exchange;
  const decoded = await decodeObject(await readBody(request), request.headers["content-type"], kind, schemas);
  return checkDuplicates(exchange, kind, decoded, options);
}

/** Fields written twice: refused, warned of, or ignored, as the client wishes. */
function checkDuplicates(
  { warnings, kind: { version } }: ResourceExchange,
  kind: string,
  { value, duplicates }: DecodedBody,
  { fieldValidation }: WriteContext,
): unknown {
  if (duplicates.length === 0 || fieldValidation === "Ignore") return value;
  const texts = duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`);
  if (fieldValidation !== "Strict") warnings.push(...texts);
  else {
    const why = `strict decoding error: ${texts.join(", ")}`;
    throw StatusError.badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
  }
  return value;
}

function contextOf({ user, warnings }: ResourceExchange, options: WriteContext): RequestContext {
  return { ...options, user, warn: (text) => void warnings.push(text) };
}
