/** DELETE of objects and collections. Rule: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-deletion */
import type { KubeObject, ObjectKey, Stored } from "../../machinery/object.ts";
import type { ServedKind } from "../api.ts";
import { decodeObject, readBody } from "./body.ts";
import { contextOf, type HttpParts, type ResourceExchange } from "./exchange.ts";
import { listQuery } from "./list-options.ts";
import { sendJson, warningHeaders } from "./responses.ts";
import { representationOf, showList, showObject } from "./show.ts";
import { deleteOptions } from "./write-options.ts";

export async function deleteObject(parts: HttpParts, exchange: ResourceExchange, key: ObjectKey): Promise<void> {
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

export async function deleteCollection(parts: HttpParts, exchange: ResourceExchange): Promise<void> {
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
