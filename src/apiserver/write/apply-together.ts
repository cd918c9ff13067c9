/**
 * Server-side apply of several objects at once: all of them or none. They are tried on a rehearsal of the store, where each
 * sees those before it; only when all are accepted are they written, in one transaction.
 */
import { groupResource, namespaces, serviceAccounts } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { Rehearsal } from "../../store/rehearsal.ts";
import type { Applied, Configuration, RequestContext } from "../api.ts";
import { type ApiParts, asServed, storageName, type WriteParts } from "../parts.ts";
import { createDecoded } from "./create.ts";
import { patch } from "./patch.ts";

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
  { kind, key, body }: Configuration,
  context: Omit<RequestContext, "warn">,
): Promise<Applied> {
  const warnings: string[] = [];
  const present = parts.store.staged.get(storageName(kind), key);
  try {
    const asked = { ...context, warn: (text: string) => void warnings.push(text) };
    const { object, created } = await patch(parts, kind, key, "apply", body, asked, undefined);
    if (created) return { result: "created", warnings };
    const same = present !== undefined && object === asServed(kind, present);
    return { result: same ? "unchanged" : "configured", warnings };
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason === "InternalError") throw error;
    return { error, warnings };
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
