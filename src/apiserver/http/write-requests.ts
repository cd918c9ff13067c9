/** POST, PUT and PATCH of objects and of their parts. Rule: https://kubernetes.io/docs/reference/using-api/api-concepts/ */
import type { PatchType } from "../../machinery/client.ts";
import type { ObjectKey } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { ServedKind } from "../api.ts";
import { type DecodedBody, decodeObject, decodePatch, readBody } from "./body.ts";
import { contextOf, type HttpParts, type ResourceExchange } from "./exchange.ts";
import { mediaTypeOf } from "./media-types.ts";
import { representationOf, showObject } from "./show.ts";
import { type WriteContext, writeContext } from "./write-options.ts";

const patchTypes: Readonly<Record<string, PatchType>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

export async function createObject(parts: HttpParts, exchange: ResourceExchange): Promise<void> {
  const { api, now } = parts;
  const { info, kind, request } = exchange;
  const as = representationOf(exchange);
  const options = writeContext("CreateOptions", info.query, request.headers["user-agent"]);
  const body = await readObject(parts, exchange, kind.definition.resource.kind, options);
  const object = await api.create(kind, info.namespace, body, contextOf(exchange, options));
  return showObject(exchange, kind, as, 201, object, now());
}

/** @param subresource part of the object that is meant; the object if absent. */
export async function updateObject(
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

/** @param subresource part of the object that is meant; the object if absent. */
export async function patchObject(
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

/** POST of an action on an object: `binding`, `eviction`. @param bodyKind kind of what is sent. */
export async function createSubresource(
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
