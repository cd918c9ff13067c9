/** Requests about a part of an object: `status`, `scale`, `binding`. */
import { StatusError } from "../../machinery/status-error.ts";
import { type HttpParts, keyOf, type ResourceExchange } from "./exchange.ts";
import { representationOf, showObject } from "./show.ts";
import { createSubresource, patchObject, updateObject } from "./write-requests.ts";

/** What a kind with a status of its own need not spell out. */
const statusPart = { type: "update" } as const;

/** @throws StatusError NotFound, MethodNotAllowed. */
export async function answerSubresource(parts: HttpParts, exchange: ResourceExchange, name: string): Promise<void> {
  const { info, kind, request } = exchange;
  const { definition } = kind;
  const { namespaced } = definition.resource;
  const part = definition.subresources?.[name] ?? (name === "status" && definition.status ? statusPart : undefined);
  if (!part || namespaced !== (info.namespace !== undefined)) throw StatusError.noSuchResource();
  const key = keyOf(info);
  if (part.type === "create") {
    if (info.verb !== "create") throw StatusError.methodNotAllowed();
    return createSubresource(parts, exchange, key, name, part.kind.kind);
  }
  if (part.type === "connect" || request.method === "HEAD") throw StatusError.methodNotAllowed();
  if (info.verb === "get") {
    const as = representationOf(exchange);
    return showObject(exchange, kind, as, 200, parts.api.getSubresource(kind, key, name), parts.now());
  }
  if (info.verb === "update") return updateObject(parts, exchange, key, name);
  if (info.verb === "patch") return patchObject(parts, exchange, key, name);
  throw StatusError.methodNotAllowed();
}
