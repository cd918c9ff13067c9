/**
 * Empties a namespace that is being deleted and then lets it go.
 * Rule: https://kubernetes.io/docs/tasks/administer-cluster/namespaces/#deleting-a-namespace; Pods go first, and
 * nothing else until they are gone (KEP-5080, ordered namespace deletion).
 */
import { isDeepStrictEqual } from "node:util";
import { type Client, modify } from "../machinery/client.ts";
import { type ControllerContext, type ControllerDefinition, watching } from "../machinery/controller.ts";
import type { KindDefinition } from "../machinery/kind.ts";
import type { KubeObject, ObjectKey, Stored } from "../machinery/object.ts";
import { groupResource, namespaces, pods, type Resource } from "../machinery/resource.ts";
import { StatusError } from "../machinery/status-error.ts";
import type { Namespace } from "../machinery/types.ts";
import { deletionConditions, type Remaining } from "./namespace-conditions.ts";

const finalizer = "kubernetes";
/** Deletions sent at once: enough to share a commit, few enough to leave others their turn. */
const atOnce = 100;

/** @param kinds everything that can be in a namespace is among them. */
export function namespaceLifecycle(kinds: readonly KindDefinition[]): ControllerDefinition {
  const content = kinds
    .filter((kind) => kind.resource.namespaced && !kind.virtual && (kind.verbs?.includes("delete") ?? true))
    .map((kind) => kind.resource);
  return {
    name: "namespace-controller",
    concurrency: 10,
    watches: [
      watching(namespaces, ({ object }) => (object.metadata.deletionTimestamp ? [object.metadata.name] : [])),
      ...content.map((resource) =>
        watching(resource, ({ type, object }, client) => {
          const name = object.metadata.namespace ?? "";
          return type === "DELETED" && isTerminating(client, name) ? [name] : [];
        }),
      ),
    ],
    reconcile: (key, context) => emptyNamespace(key.name, content, context),
  };
}

function isTerminating(client: Client, name: string): boolean {
  return client.get(namespaces, { name })?.metadata.deletionTimestamp !== undefined;
}

async function emptyNamespace(name: string, content: readonly Resource[], context: ControllerContext): Promise<void> {
  const { client } = context;
  const namespace = client.get(namespaces, { name });
  if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes(finalizer)) return;

  const isPods = (resource: Resource) => groupResource(resource) === groupResource(pods);
  const failures = await deleteAll(client, content.filter(isPods), name);
  if (remainingOf(client, content.filter(isPods), name).length === 0) {
    const others = content.filter((resource) => !isPods(resource));
    failures.push(...(await deleteAll(client, others, name)));
  }
  const remaining = remainingOf(client, content, name);
  await writeConditions(namespace, remaining, failures, context);
  if (failures.length > 0) throw new Error(`namespace ${name}: ${failures.join("; ")}`);
  if (remaining.length === 0) await removeFinalizer(client, namespace);
}

/** @returns what went wrong, a sentence each. */
async function deleteAll(client: Client, resources: readonly Resource[], namespace: string): Promise<string[]> {
  const failures: string[] = [];
  for (const resource of resources) {
    const doomed = client.list(resource, { namespace }).filter((object) => !object.metadata.deletionTimestamp);
    for (let at = 0; at < doomed.length; at += atOnce) {
      const results = await Promise.all(
        doomed.slice(at, at + atOnce).map((object) => remove(client, resource, object)),
      );
      failures.push(...results.filter((result) => result !== undefined));
    }
  }
  return failures;
}

async function remove(client: Client, resource: Resource, object: Stored<KubeObject>): Promise<string | undefined> {
  const { namespace, name } = object.metadata;
  const key: ObjectKey = { ...(namespace && { namespace }), name };
  try {
    await client.delete(resource, key, { propagationPolicy: "Background" });
    return undefined;
  } catch (error) {
    if (StatusError.is(error, "NotFound")) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}

function remainingOf(client: Client, resources: readonly Resource[], namespace: string): Remaining[] {
  return resources
    .map((resource) => ({ resource, objects: client.list(resource, { namespace }) }))
    .filter(({ objects }) => objects.length > 0);
}

async function writeConditions(
  namespace: Stored<Namespace>,
  remaining: readonly Remaining[],
  failures: readonly string[],
  { client, clock }: ControllerContext,
): Promise<void> {
  const key = { name: namespace.metadata.name };
  await modify(
    client,
    namespaces,
    key,
    (draft) => {
      const present = draft.status?.conditions ?? [];
      const conditions = deletionConditions(remaining, failures, present, clock.now());
      if (draft.metadata.uid !== namespace.metadata.uid || isDeepStrictEqual(present, conditions)) return false;
      draft.status = { ...draft.status, phase: "Terminating", conditions };
      return true;
    },
    { subresource: "status" },
  );
}

async function removeFinalizer(client: Client, namespace: Stored<Namespace>): Promise<void> {
  await modify(
    client,
    namespaces,
    { name: namespace.metadata.name },
    (draft) => {
      if (draft.metadata.uid !== namespace.metadata.uid) return false;
      draft.spec = { ...draft.spec, finalizers: draft.spec?.finalizers?.filter((other) => other !== finalizer) ?? [] };
      return true;
    },
    { subresource: "finalize" },
  );
}
