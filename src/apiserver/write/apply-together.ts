/**
 * Server-side apply of several objects at once: all of them or none. They are tried on a rehearsal of the store, where each
 * sees those before it; only when all are accepted are they written, in one transaction.
 */
import { cloneJson } from "../../machinery/json.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import { groupResource, namespaces, serviceAccounts } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { Rehearsal } from "../../store/rehearsal.ts";
import type { Applied, Configuration, RequestContext, ServedKind } from "../api.ts";
import { type ApiParts, asServed, storageName, type WriteParts } from "../parts.ts";
import { createDecoded } from "./create.ts";
import { type PatchResult, patch } from "./patch.ts";

/** A rehearsal takes no longer than a turn of the event loop, in which hardly ever another write is made. */
const mostAttempts = 10;

/** @throws StatusError Conflict when others keep writing in between; then nothing was applied. */
export async function applyTogether(
  parts: ApiParts,
  configurations: readonly Configuration[],
  context: Omit<RequestContext, "warn">,
): Promise<Applied[]> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const rehearsal = new Rehearsal(parts.store);
    const { events: _nobody, ...rest } = parts;
    const rehearsed = await applyAll({ ...rest, store: rehearsal }, configurations, { ...context, dryRun: false });
    if (context.dryRun || rehearsed.some(({ error }) => error)) return rehearsed;
    // Decided like the rehearsal, since nothing has changed since it began, and without a pause.
    if (rehearsal.isCurrent) return applyAll(parts, configurations, context);
  }
  throw new StatusError(409, "Conflict", "other writes kept coming in between, and nothing was applied; try again");
}

/** Starts all of them before the first is awaited: what is staged in one turn is one transaction. */
function applyAll(
  parts: WriteParts,
  configurations: readonly Configuration[],
  context: Omit<RequestContext, "warn">,
): Promise<Applied[]> {
  return Promise.all(
    configurations.map((configuration) => {
      const applied = applyOne(parts, configuration, context);
      const prepared = prepareNamespace(parts, configuration, context);
      return prepared ? prepared.then(() => applied) : applied;
    }),
  );
}

async function applyOne(
  parts: WriteParts,
  configuration: Configuration,
  context: Omit<RequestContext, "warn">,
): Promise<Applied> {
  const { kind, key, body } = configuration;
  const warnings: string[] = [];
  const present = parts.store.staged.get(storageName(kind), key);
  const write = (): Promise<PatchResult> => {
    const asked = { ...context, warn: (text: string) => void warnings.push(text) };
    return patch(parts, kind, key, "apply", body, asked, undefined);
  };
  try {
    const { object, created } = await write();
    if (created) return { result: "created", warnings };
    const same = present !== undefined && object === asServed(kind, present);
    return { result: same ? "unchanged" : "configured", warnings };
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason === "InternalError") throw error;
    if (!present || !mayReplace(configuration, present, error)) return { error, warnings };
    warnings.length = 0;
    return replace(parts, kind, present, write, warnings);
  }
}

function mayReplace({ replaceable }: Configuration, { metadata }: Stored<KubeObject>, error: StatusError): boolean {
  return replaceable === true && error.reason === "Invalid" && (metadata.finalizers ?? []).length === 0;
}

/** In the same transaction, so that nobody finds it gone. */
async function replace(
  { store }: WriteParts,
  kind: ServedKind,
  present: Stored<KubeObject>,
  write: () => Promise<PatchResult>,
  warnings: readonly string[],
): Promise<Applied> {
  const removed = store.remove(storageName(kind), cloneJson(present));
  try {
    await write();
    return { result: "configured", warnings };
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason === "InternalError") throw error;
    return { error, warnings };
  } finally {
    await removed;
  }
}

/**
 * A Pod is refused until its namespace has the ServiceAccount `default`, which a controller makes a moment after the
 * namespace. Made here, Pods can be applied together with their namespace.
 */
function prepareNamespace(
  parts: WriteParts,
  { kind, key: { name } }: Configuration,
  context: Omit<RequestContext, "warn">,
): Promise<unknown> | undefined {
  if (storageName(kind) !== groupResource(namespaces)) return undefined;
  const { staged } = parts.store;
  const namespace = staged.get(groupResource(namespaces), { name });
  const account = parts.registry.get(serviceAccounts.group, serviceAccounts.version, serviceAccounts.plural);
  if (!account || !namespace || namespace.metadata.deletionTimestamp) return undefined;
  if (staged.get(groupResource(serviceAccounts), { namespace: name, name: "default" })) return undefined;
  const sent = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: name } };
  return createDecoded(parts, account, name, sent, { ...context, fieldManager: "kube-controller-manager", warn() {} });
}
