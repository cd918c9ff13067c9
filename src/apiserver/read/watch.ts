/** Watches: subscribe, then the backlog, then filter. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
import type { KubeObject, Stored } from "../../machinery/object.ts";
import { apiVersionOf } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Change } from "../../store/change.ts";
import type { ApiWatchEvent, ServedKind, WatchQuery } from "../api.ts";
import { type ApiParts, asServed, storageName } from "../parts.ts";
import type { Bookmarks } from "./bookmarks.ts";
import { selection } from "./field-selector.ts";
import { parseResourceVersion } from "./resource-version.ts";

type AnyObject = Stored<KubeObject>;
type Selected = ((object: AnyObject) => boolean) | undefined;

export function watch(
  parts: ApiParts,
  bookmarks: Bookmarks,
  kind: ServedKind,
  query: WatchQuery,
  handler: (event: ApiWatchEvent) => void,
  onEnd: (error?: Error) => void,
  signal: AbortSignal,
): void {
  const { store } = parts;
  const resource = storageName(kind);
  const from = parseResourceVersion(query.resourceVersion) ?? 0;
  const selected = selection(kind, query.labelSelector, query.fieldSelector);
  if (signal.aborted) return onEnd();

  const opened: Disposable[] = [];
  let ended = false;
  const end = (error?: unknown): void => {
    if (ended) return;
    ended = true;
    for (const item of opened) item[Symbol.dispose]();
    onEnd(error === undefined ? undefined : StatusError.from(error));
  };
  const tell = (change: Change): void => {
    if (ended || change.revision <= from) return;
    const event = eventOf(kind, change, query.namespace, selected);
    if (event) handler(event);
  };
  opened.push(store.subscribe(resource, { onChange: tell, onFailure: end }));
  signal.addEventListener("abort", () => end(), { once: true });
  try {
    if (from === 0 || query.sendInitialEvents) sendPresent(parts, kind, query, selected, handler);
    else for (const change of store.changesAfter(resource, from)) tell(change);
    if (query.sendInitialEvents) handler(bookmark(kind, store.revision, true));
  } catch (error) {
    return end(error);
  }
  if (query.allowBookmarks) opened.push(bookmarks.add((revision) => handler(bookmark(kind, revision, false)), end));
}

function sendPresent(
  { store }: ApiParts,
  kind: ServedKind,
  query: WatchQuery,
  selected: Selected,
  handler: (event: ApiWatchEvent) => void,
): void {
  for (const object of store.committed.list(storageName(kind), query.namespace)) {
    if (!selected || selected(object)) handler({ type: "ADDED", object: asServed(kind, object) });
  }
}

/** What a watcher with these selectors sees of a change: an object that comes to match is ADDED, one that ceases to is DELETED. */
export function eventOf(
  kind: ServedKind,
  { type, object, previous }: Change,
  namespace: string | undefined,
  selected: Selected,
): ApiWatchEvent | undefined {
  if (namespace !== undefined && object.metadata.namespace !== namespace) return undefined;
  if (!selected) return { type, object: asServed(kind, object) };
  const matched = previous !== undefined && selected(previous);
  if (type === "DELETED") return matched ? { type, object: asServed(kind, object) } : undefined;
  const matching = selected(object);
  if (matching) return { type: matched ? "MODIFIED" : "ADDED", object: asServed(kind, object) };
  if (!matched) return undefined;
  return { type: "DELETED", object: asServed(kind, lastMatching(previous, object)) };
}

/** The last state that matched, with the revision at which it ceased to. */
function lastMatching(previous: AnyObject, object: AnyObject): AnyObject {
  const metadata = { ...previous.metadata, resourceVersion: object.metadata.resourceVersion };
  return Object.freeze({ ...previous, metadata: Object.freeze(metadata) });
}

function bookmark(kind: ServedKind, revision: number, initialEventsEnd: boolean): ApiWatchEvent {
  return {
    type: "BOOKMARK",
    object: {
      kind: kind.definition.resource.kind,
      apiVersion: apiVersionOf(kind),
      metadata: {
        resourceVersion: String(revision),
        ...(initialEventsEnd && { annotations: { "k8s.io/initial-events-end": "true" } }),
      },
    },
  };
}
