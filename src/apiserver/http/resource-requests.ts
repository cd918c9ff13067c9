/**
 * Requests about objects and collections, one function for all kinds.
 * Rule: https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import type { Verb } from "../../machinery/kind.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { deleteCollection, deleteObject } from "./delete-requests.ts";
import { type HttpParts, keyOf, type ResourceExchange } from "./exchange.ts";
import { listQuery } from "./list-options.ts";
import { representationOf, showList, showObject } from "./show.ts";
import { streamWatch } from "./watch-stream.ts";
import { createObject, patchObject, updateObject } from "./write-requests.ts";

/** @throws StatusError NotFound, MethodNotAllowed. */
export async function answerResource(parts: HttpParts, exchange: ResourceExchange): Promise<void> {
  const { info, kind } = exchange;
  const verb = checkedVerb(exchange);
  const { api, now } = parts;
  const key = keyOf(info);
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
      return createObject(parts, exchange);
    case "update":
      return updateObject(parts, exchange, key);
    case "patch":
      return patchObject(parts, exchange, key);
    case "delete":
      return deleteObject(parts, exchange, key);
    case "deletecollection":
      return deleteCollection(parts, exchange);
  }
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
  if (kind.deprecation) warnings.push(kind.deprecation);
  const fits = verb === "watch" || (onCollection ? collectionVerbs : objectVerbs).includes(verb);
  if (!fits || !served.includes(verb) || request.method === "HEAD") throw StatusError.methodNotAllowed();
  return verb;
}

const collectionVerbs: readonly Verb[] = ["list", "watch", "create", "deletecollection"];
const objectVerbs: readonly Verb[] = ["get", "update", "patch", "delete"];
const everyVerb: readonly Verb[] = [...collectionVerbs, ...objectVerbs];
