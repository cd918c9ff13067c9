/** Events of a watch in the form the client asked for, one line each. */
import type { Stored } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { ApiWatchEvent, ServedKind } from "../api.ts";
import type { Representation } from "./media-types.ts";
import { encodeWatchLine, watchLine } from "./serialize.ts";
import { type IncludeObject, partialJson, tableJson } from "./table.ts";

export type WatchEncoder = (event: ApiWatchEvent) => Buffer;

/** @param now milliseconds since the epoch, for ages. */
export function watchEncoder(
  kind: ServedKind,
  { as, version }: Representation,
  includeObject: IncludeObject,
  now: () => number,
): WatchEncoder {
  if (as === "object") return ({ type, object }) => watchLine(type, object);
  if (as !== "Table") return ({ type, object }) => encodeWatchLine(type, partialJson(object, version));
  let first = true;
  return ({ type, object }) => {
    const metadata = { resourceVersion: object.metadata?.resourceVersion ?? "" };
    // A bookmark is about no object: no row.
    const rows = type === "BOOKMARK" ? [] : [object as Stored<typeof object>];
    const json = tableJson(kind.definition, { version, includeObject }, metadata, rows, now(), first);
    first = false;
    return encodeWatchLine(type, json);
  };
}

/** What ends a watch before its time, as its last event. */
export function errorLine(error: unknown): Buffer {
  return encodeWatchLine("ERROR", JSON.stringify(StatusError.from(error).toStatus()));
}
