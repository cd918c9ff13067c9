/** POST of an action on an object: `pods/binding`, `pods/eviction`, `serviceaccounts/token`. */
import { cloneJson } from "../../machinery/json.ts";
import type { KubeObject, ObjectKey } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Api, RequestContext, ServedKind } from "../api.ts";
import { decodeBody, subresourceBodyType } from "../codec.ts";
import { type ApiParts, present, subresourceContext } from "../parts.ts";
import { replace } from "./replace.ts";

export async function createSubresource(
  parts: ApiParts,
  api: Api,
  kind: ServedKind,
  key: ObjectKey,
  name: string,
  body: unknown,
  context: RequestContext,
): Promise<KubeObject> {
  const action = kind.definition.subresources?.[name];
  if (!action) throw StatusError.noSuchResource();
  if (action.type !== "create") throw StatusError.methodNotAllowed();
  const sent = decodeBody(parts, subresourceBodyType(action.kind), body, context);
  return action.create(present(parts, kind, key), sent, {
    ...subresourceContext(parts, api, context),
    changeParent(change) {
      const old = present(parts, kind, key);
      const next = cloneJson(old);
      change(next);
      return replace(parts, kind, { old, next, subresource: name }, context);
    },
  });
}
