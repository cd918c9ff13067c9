/** The state of a resource at an earlier revision: the present, with every later change taken back. */
import { type KubeObject, keyOf, type Stored } from "../machinery/object.ts";
import { byNamespaceAndName } from "./staged-state.ts";
import type { Store } from "./store.ts";

/**
 * @returns the objects as they were at `revision`, in order of namespace and name.
 * @throws StatusError 410 Expired when the log no longer reaches back so far.
 */
export function listAt(
  store: Store,
  resource: string,
  namespace: string | undefined,
  revision: number,
): readonly Stored<KubeObject>[] {
  const present = store.committed.list(resource, namespace);
  const changes = store
    .changesAfter(resource, revision)
    .filter(({ object }) => namespace === undefined || (object.metadata.namespace ?? "") === namespace);
  if (changes.length === 0) return present;
  const past = new Map(present.map((object) => [keyOf(object), object]));
  for (const { object, previous } of changes.reverse()) {
    if (previous) past.set(keyOf(previous), previous);
    else past.delete(keyOf(object));
  }
  return [...past.values()].sort(byNamespaceAndName);
}
