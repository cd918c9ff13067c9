/** Lists: the present, or the state at a revision that is still in the log; in pages if asked for. */
import { forbidden } from "../../machinery/field-error.ts";
import { type KubeObject, keyOf, type Stored } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { listAt } from "../../store/past.ts";
import type { ListQuery, ListResult, ServedKind } from "../api.ts";
import { type ApiParts, asServed, storageName } from "../parts.ts";
import { decodeToken, encodeToken } from "./continue-token.ts";
import { selection } from "./field-selector.ts";
import { parseResourceVersion, refuseFuture } from "./resource-version.ts";

type AnyObject = Stored<KubeObject>;

export function list(parts: ApiParts, kind: ServedKind, query: ListQuery): ListResult {
  const token = query.continue ? decodeToken(query.continue) : undefined;
  const revision = token ? token.revision : revisionOf(parts, query);
  const selected = selection(kind, query.labelSelector, query.fieldSelector);
  const all = stateAt(parts, kind, query.namespace, revision, token !== undefined);
  const matching = selected ? all.filter(selected) : all;
  const from = token ? matching.findIndex((object) => comesAfter(object, token.after)) : 0;
  const rest = from < 0 ? [] : from === 0 ? matching : matching.slice(from);
  const { limit } = query;
  const page = limit !== undefined && limit > 0 && rest.length > limit ? rest.slice(0, limit) : rest;
  const last = page.at(-1);
  const result: ListResult = {
    items: kind.fromStored ? page.map((object) => asServed(kind, object)) : page,
    resourceVersion: String(revision),
  };
  if (!last || page.length === rest.length) return result;
  result.continue = encodeToken({ revision, after: keyOf(last) });
  // Kubernetes cannot count what a selector leaves out.
  if (!selected) result.remainingItemCount = rest.length - page.length;
  return result;
}

/** The revision whose state is shown. */
function revisionOf({ store }: ApiParts, query: ListQuery): number {
  const { resourceVersion, resourceVersionMatch } = query;
  const asked = parseResourceVersion(resourceVersion);
  if (resourceVersionMatch !== undefined) checkMatch(query, asked);
  if (asked === undefined || asked === 0) return store.revision;
  refuseFuture(asked, store.revision);
  return resourceVersionMatch === "Exact" ? asked : store.revision;
}

function checkMatch({ resourceVersionMatch, continue: token }: ListQuery, asked: number | undefined): void {
  const refuse = (why: string): never => {
    const error = forbidden("resourceVersionMatch", why);
    throw StatusError.invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", [error]);
  };
  if (token) refuse("resourceVersionMatch is forbidden when continue is provided");
  if (asked === undefined) refuse("resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (asked === 0 && resourceVersionMatch === "Exact") {
    refuse('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
}

function stateAt(
  { store }: ApiParts,
  kind: ServedKind,
  namespace: string | undefined,
  revision: number,
  continued: boolean,
): readonly AnyObject[] {
  const resource = storageName(kind);
  if (revision >= store.revision) return store.committed.list(resource, namespace);
  try {
    return listAt(store, resource, namespace, revision);
  } catch (error) {
    if (!StatusError.is(error, "Expired")) throw error;
    throw StatusError.expired(
      continued
        ? "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter."
        : "The resourceVersion for the provided list is too old.",
    );
  }
}

function comesAfter(object: AnyObject, key: string): boolean {
  const slash = key.indexOf("/");
  if (slash < 0) return object.metadata.name > key;
  const namespace = object.metadata.namespace ?? "";
  const after = key.slice(0, slash);
  return namespace > after || (namespace === after && object.metadata.name > key.slice(slash + 1));
}
