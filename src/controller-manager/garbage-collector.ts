/**
 * Deletes objects whose owners are gone, and lets owners go that wait for their dependents.
 * Rule: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 *
 * Works on events alone: an object is looked at when it appears or its references change, when an owner of it
 * disappears or begins to be deleted, and (as an owner) when a dependent disappears.
 */
import { type Client, modify, type WatchEvent } from "../machinery/client.ts";
import type { Clock } from "../machinery/clock.ts";
import type { EventRecorder } from "../machinery/event-recorder.ts";
import type { KindDefinition } from "../machinery/kind.ts";
import type { Logger } from "../machinery/log.ts";
import { type KubeObject, keyOf, type ObjectKey, parseKey, type Stored } from "../machinery/object.ts";
import { events as eventResource, groupResource, type Resource } from "../machinery/resource.ts";
import { StatusError } from "../machinery/status-error.ts";
import type { OwnerReference } from "../machinery/types.ts";
import { KeyWorker } from "./key-worker.ts";
import { type Dependent, OwnerGraph } from "./owner-graph.ts";
import { foregroundFinalizer, judge, type OwnerState, orphanFinalizer } from "./owner-references.ts";
import type { Running } from "./run-controller.ts";

export interface GarbageCollectorOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  /** Reports as `garbage-collector-controller`. */
  events: EventRecorder;
  kinds: readonly KindDefinition[];
}

export function startGarbageCollector(options: GarbageCollectorOptions): Running {
  const collector = new GarbageCollector(options);
  collector.start();
  return collector;
}

class GarbageCollector implements Running {
  readonly #client: Client;
  readonly #events: EventRecorder;
  readonly #worker: KeyWorker;
  readonly #graph = new OwnerGraph();
  readonly #resources: readonly Resource[];
  /** By `group/kind`, as owner references name them. */
  readonly #byKind = new Map<string, Resource>();
  readonly #byName = new Map<string, Resource>();
  readonly #watches: Disposable[] = [];

  constructor({ client, clock, log, events, kinds }: GarbageCollectorOptions) {
    this.#client = client;
    this.#events = events;
    this.#worker = new KeyWorker({ clock, log, concurrency: 20, work: (key) => this.#work(key) });
    this.#resources = kinds.filter(isCollected).map((kind) => kind.resource);
    for (const resource of this.#resources) {
      this.#byKind.set(`${resource.group}/${resource.kind}`, resource);
      this.#byName.set(groupResource(resource), resource);
    }
  }

  start(): void {
    for (const resource of this.#resources) {
      this.#watches.push(this.#client.watch(resource, (event) => this.#observe(resource, event)));
    }
  }

  stop(limitMs: number): Promise<void> {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    return this.#worker.stop(limitMs);
  }

  #observe(resource: Resource, event: WatchEvent<KubeObject>): void {
    this.#graph.apply(resource, event);
    const { type, object, previous } = event;
    if (type === "DELETED") {
      for (const dependent of this.#graph.dependentsOf(object.metadata.uid)) this.#look(dependent);
      this.#lookAtWaitingOwners(object);
      return;
    }
    if (isWaiting(object, orphanFinalizer) || isWaiting(object, foregroundFinalizer)) {
      this.#worker.add(workKey(resource, keyOf(object)));
      return;
    }
    if (sameReferences(object, previous)) return;
    if (previous) this.#lookAtWaitingOwners(previous);
    const references = object.metadata.ownerReferences ?? [];
    if (references.some((reference) => this.#stateOf(object, reference) !== "present")) {
      this.#worker.add(workKey(resource, keyOf(object)));
    }
  }

  #look({ resource, key }: Dependent): void {
    this.#worker.add(workKey(resource, keyOf({ metadata: key })));
  }

  #lookAtWaitingOwners(dependent: Stored<KubeObject>): void {
    for (const reference of dependent.metadata.ownerReferences ?? []) {
      const owner = this.#findOwner(dependent, reference);
      if (owner && isWaiting(owner.object, foregroundFinalizer)) {
        this.#worker.add(workKey(owner.resource, keyOf(owner.object)));
      }
    }
  }

  async #work(key: string): Promise<void> {
    const [name = "", objectKey = ""] = key.split("|");
    const resource = this.#byName.get(name);
    const object = resource && this.#client.get(resource, parseKey(objectKey));
    if (!resource || !object) return;
    if (isWaiting(object, orphanFinalizer)) return this.#orphanDependents(resource, object);
    if (isWaiting(object, foregroundFinalizer)) return this.#awaitDependents(resource, object);
    if (object.metadata.deletionTimestamp) return;
    await this.#collect(resource, object);
  }

  async #collect(resource: Resource, object: Stored<KubeObject>): Promise<void> {
    this.#reportForeignOwners(resource, object);
    const { uid, resourceVersion } = object.metadata;
    const hasDependents = this.#graph.dependentsOf(uid).length > 0;
    const verdict = judge(object.metadata, (reference) => this.#stateOf(object, reference), hasDependents);
    if (verdict.action === "unlink") await this.#unlink(resource, object.metadata, uid, verdict.uids);
    if (verdict.action !== "delete") return;
    await ignoreNotFound(
      this.#client.delete(resource, keyFrom(object), {
        propagationPolicy: verdict.propagation,
        // The verdict holds for the object as it was read.
        preconditions: { uid, resourceVersion },
      }),
    );
  }

  async #orphanDependents(resource: Resource, owner: Stored<KubeObject>): Promise<void> {
    const { uid } = owner.metadata;
    const dependents = this.#graph.dependentsOf(uid);
    await Promise.all(dependents.map((child) => this.#unlink(child.resource, child.key, child.uid, [uid])));
    await this.#removeFinalizer(resource, owner, orphanFinalizer);
  }

  async #awaitDependents(resource: Resource, owner: Stored<KubeObject>): Promise<void> {
    const dependents = this.#graph.dependentsOf(owner.metadata.uid);
    if (!dependents.some((child) => this.#blocks(child, owner.metadata.uid))) {
      await this.#removeFinalizer(resource, owner, foregroundFinalizer);
    }
    for (const dependent of dependents) this.#look(dependent);
  }

  #blocks({ resource, key, uid }: Dependent, ownerUid: string): boolean {
    const object = this.#client.get(resource, key);
    if (object?.metadata.uid !== uid) return false;
    const reference = object.metadata.ownerReferences?.find((owner) => owner.uid === ownerUid);
    return reference?.blockOwnerDeletion === true;
  }

  async #unlink(resource: Resource, key: ObjectKey, uid: string, owners: readonly string[]): Promise<void> {
    await modify(this.#client, resource, keyFrom({ metadata: key }), (draft) => {
      const references = draft.metadata.ownerReferences;
      const kept = references?.filter((reference) => !owners.includes(reference.uid));
      if (draft.metadata.uid !== uid || kept?.length === references?.length) return false;
      draft.metadata.ownerReferences = kept ?? [];
      return true;
    });
  }

  async #removeFinalizer(resource: Resource, object: Stored<KubeObject>, finalizer: string): Promise<void> {
    await modify(this.#client, resource, keyFrom(object), (draft) => {
      const { uid, finalizers } = draft.metadata;
      if (uid !== object.metadata.uid || !finalizers?.includes(finalizer)) return false;
      draft.metadata.finalizers = finalizers.filter((other) => other !== finalizer);
      return true;
    });
  }

  /** A cluster-scoped object cannot be owned by a namespaced one: nobody could say in which namespace it is. */
  #reportForeignOwners(resource: Resource, object: Stored<KubeObject>): void {
    if (resource.namespaced) return;
    for (const reference of object.metadata.ownerReferences ?? []) {
      if (!this.#resourceOf(reference)?.namespaced) continue;
      const { apiVersion, kind, name, uid } = reference;
      const owner = `[${apiVersion}/${kind}, namespace: , name: ${name}, uid: ${uid}]`;
      const message = `ownerRef ${owner} does not exist in namespace ""`;
      this.#events.record(object, "Warning", "OwnerRefInvalidNamespace", message);
    }
  }

  #resourceOf({ apiVersion, kind }: OwnerReference): Resource | undefined {
    const slash = apiVersion.indexOf("/");
    return this.#byKind.get(`${slash < 0 ? "" : apiVersion.slice(0, slash)}/${kind}`);
  }

  /** The owner, if it is there and is the very one meant: another object may have taken over the name. */
  #findOwner(dependent: Stored<KubeObject>, reference: OwnerReference) {
    const resource = this.#resourceOf(reference);
    if (!resource) return undefined;
    const { namespace } = dependent.metadata;
    const object = this.#client.get(resource, {
      ...(resource.namespaced && namespace && { namespace }),
      name: reference.name,
    });
    return object?.metadata.uid === reference.uid ? { resource, object } : undefined;
  }

  #stateOf(dependent: Stored<KubeObject>, reference: OwnerReference): OwnerState {
    const resource = this.#resourceOf(reference);
    if (!resource || (resource.namespaced && !dependent.metadata.namespace)) return "unknown";
    const owner = this.#findOwner(dependent, reference);
    if (!owner) return "absent";
    return isWaiting(owner.object, foregroundFinalizer) ? "waiting" : "present";
  }
}

/** Events own nothing and are owned by nothing; virtual kinds are never stored. */
function isCollected(kind: KindDefinition): boolean {
  if (kind.virtual || (kind.verbs && !kind.verbs.includes("delete"))) return false;
  return groupResource(kind.resource) !== groupResource(eventResource);
}

function isWaiting(object: Stored<KubeObject>, finalizer: string): boolean {
  return object.metadata.deletionTimestamp !== undefined && object.metadata.finalizers?.includes(finalizer) === true;
}

function sameReferences(object: Stored<KubeObject>, previous: Stored<KubeObject> | undefined): boolean {
  const print = (of: Stored<KubeObject> | undefined) => JSON.stringify(of?.metadata.ownerReferences ?? []);
  return print(object) === print(previous);
}

function keyFrom({ metadata }: { metadata: ObjectKey }): ObjectKey {
  return { ...(metadata.namespace && { namespace: metadata.namespace }), name: metadata.name };
}

function workKey(resource: Resource, key: string): string {
  return `${groupResource(resource)}|${key}`;
}

async function ignoreNotFound(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!StatusError.is(error, "NotFound")) throw error;
  }
}
