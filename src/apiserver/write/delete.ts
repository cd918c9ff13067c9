/**
 * DELETE: grace periods, finalizers, propagation.
 * Rule: https://kubernetes.io/docs/concepts/architecture/garbage-collection/ and k8s.io/apiserver `registry/rest/delete.go`.
 */
import type { DeleteOptions } from "../../machinery/client.ts";
import { timestamp } from "../../machinery/clock.ts";
import { notSupported } from "../../machinery/field-error.ts";
import { cloneJson } from "../../machinery/json.ts";
import type { KubeObject, ObjectKey, Stored } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { ListQuery, ListResult, RequestContext, ServedKind } from "../api.ts";
import { type ApiParts, asServed, present, storageName } from "../parts.ts";
import { list } from "../read/list.ts";
import { mayBeRemoved } from "./deletion-state.ts";
import { finalizersFor } from "./propagation.ts";

type AnyObject = Stored<KubeObject>;

export async function deleteObject(
  parts: ApiParts,
  kind: ServedKind,
  key: ObjectKey,
  options: DeleteOptions,
  context: RequestContext,
): Promise<{ object: AnyObject; gone: boolean }> {
  checkOptions(options);
  const { definition } = kind;
  const old = present(parts, kind, key);
  checkPreconditions(kind, old, options);
  definition.admitDelete?.(old);
  const next = marked(parts, kind, old, options);
  if (!next) {
    await parts.store.settled();
    return { object: asServed(kind, old), gone: false };
  }
  const gone = mayBeRemoved(definition, next);
  // What goes at once is shown as it was: nobody ever saw it being deleted.
  const shown = gone && !definition.gracePeriod ? cloneJson(old) : next;
  if (context.dryRun) return { object: asServed(kind, shown), gone };
  return { object: asServed(kind, await store(parts, kind, shown, gone)), gone };
}

/** Kinds with a grace period show its end (a MODIFIED with 0 seconds left) before they go, as in Kubernetes. */
async function store(parts: ApiParts, kind: ServedKind, next: AnyObject, gone: boolean): Promise<AnyObject> {
  const resource = storageName(kind);
  if (!gone) return parts.store.put(resource, next);
  if (!kind.definition.gracePeriod) return parts.store.remove(resource, next);
  const ending = parts.store.put(resource, next);
  const [, removed] = await Promise.all([ending, parts.store.remove(resource, cloneJson(next))]);
  return removed;
}

/** The object with its deletion noted; undefined when the request changes nothing about a deletion under way. */
function marked(parts: ApiParts, kind: ServedKind, old: AnyObject, options: DeleteOptions): AnyObject | undefined {
  if (old.metadata.deletionTimestamp) return shortened(old, options);
  const { definition } = kind;
  const next = cloneJson(old);
  const requested = atLeastZero(options.gracePeriodSeconds);
  const grace = definition.gracePeriod?.(old, requested) ?? 0;
  const finalizers = finalizersFor(old, options.propagationPolicy, definition.defaultPropagation);
  if (finalizers.length > 0) next.metadata.finalizers = finalizers;
  else delete next.metadata.finalizers;
  next.metadata.deletionTimestamp = timestamp(parts.clock.now() + grace * 1000);
  // A kind that is held back by fields of its own (Namespace) has no grace period to show.
  if (!definition.heldBack) next.metadata.deletionGracePeriodSeconds = grace;
  if (next.metadata.generation) next.metadata.generation += 1;
  definition.prepareForDelete?.(next);
  return next;
}

/** A deletion under way can only be brought forward. */
function shortened(old: AnyObject, options: DeleteOptions): AnyObject | undefined {
  const present = old.metadata.deletionGracePeriodSeconds;
  const requested = atLeastZero(options.gracePeriodSeconds);
  if (present === undefined || requested === undefined || requested >= present) return undefined;
  const next = cloneJson(old);
  const end = Date.parse(String(old.metadata.deletionTimestamp)) - (present - requested) * 1000;
  next.metadata.deletionTimestamp = timestamp(end);
  next.metadata.deletionGracePeriodSeconds = requested;
  return next;
}

/** A negative grace period counts as one second. */
function atLeastZero(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds < 0 ? 1 : seconds;
}

function checkOptions({ propagationPolicy }: DeleteOptions): void {
  const policies = ["Foreground", "Background", "Orphan"];
  if (propagationPolicy === undefined || policies.includes(propagationPolicy)) return;
  throw StatusError.invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", [
    notSupported("propagationPolicy", propagationPolicy, [...policies, "nil"]),
  ]);
}

function checkPreconditions(kind: ServedKind, old: AnyObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const subject = { group: kind.group, plural: kind.definition.resource.kind };
  if (uid !== undefined && uid !== old.metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${old.metadata.uid}). The object might have been deleted and then recreated`;
    throw StatusError.conflict(subject, old.metadata.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${old.metadata.resourceVersion}). The object might have been modified`;
    throw StatusError.conflict(subject, old.metadata.name, why);
  }
}

/**
 * Deletes all that match, each as if it had been asked for alone, and in one transaction.
 * @returns their last states, as a list.
 */
export async function deleteCollection(
  parts: ApiParts,
  kind: ServedKind,
  query: ListQuery,
  options: DeleteOptions,
  context: RequestContext,
): Promise<ListResult> {
  const found = list(parts, kind, query);
  const deleted = await Promise.all(
    found.items.map(async (object) => {
      const { namespace, name } = object.metadata;
      const key = { name, ...(namespace !== undefined && { namespace }) };
      try {
        return (await deleteObject(parts, kind, key, options, context)).object;
      } catch (error) {
        // Gone in the meantime: that is what was asked for.
        if (StatusError.is(error, "NotFound")) return object;
        throw error;
      }
    }),
  );
  return { ...found, items: deleted, resourceVersion: String(parts.store.revision) };
}
