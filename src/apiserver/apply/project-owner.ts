/** Whose an object is that a Compose file would change: two projects with a service of one name share no namespace. */
import type { ObjectKey } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Api, ServedKind } from "../api.ts";

/** @returns what is wrong; undefined when there is no such object yet, or it was made from a file of this project. */
export function ownedByAnother(
  api: Api,
  kind: ServedKind,
  key: ObjectKey,
  wanted: Readonly<Record<string, string>>,
): string | undefined {
  const labels = labelsOf(api, kind, key);
  const differing = labels && Object.keys(wanted).filter((name) => labels[name] !== wanted[name]);
  if (!differing || differing.length === 0) return undefined;
  const what = `${kind.definition.resource.kind} ${JSON.stringify(key.name)}`;
  const where = `namespace ${JSON.stringify(key.namespace)}`;
  const theirs = differing.map((name) => `${name}=${labels[name] ?? ""}`).join(", ");
  return `the ${what} in ${where} is not of this project (${theirs}): choose another namespace, or delete it first`;
}

function labelsOf(api: Api, kind: ServedKind, key: ObjectKey): Readonly<Record<string, string>> | undefined {
  try {
    return api.get(kind, key).metadata.labels ?? {};
  } catch (error) {
    if (StatusError.is(error, "NotFound")) return undefined;
    throw error;
  }
}
