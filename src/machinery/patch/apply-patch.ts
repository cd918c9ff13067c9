/** Server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
import { cloneJson, isObject, jsonType } from "../json.ts";
import type { KubeObject } from "../object.ts";
import { decode } from "../schema/decode.ts";
import type { SchemaSource } from "../schema/schema.ts";
import { StatusError } from "../status-error.ts";
import { applyConflict, type Conflict } from "./apply-conflict.ts";
import { difference, equalSets, type FieldSet, intersection, isEmptySet, union } from "./field-set.ts";
import { fieldsOf } from "./fields-of.ts";
import { fieldsLastApplied, kubectlManager, syncLastApplied } from "./last-applied.ts";
import {
  entriesOf,
  type FieldOwner,
  isEntryOf,
  type ManagedFieldsEntry,
  newEntry,
  setEntries,
} from "./managed-fields.ts";
import { mergeApplied } from "./merge-applied.ts";
import { ownableFields } from "./owned-fields.ts";
import { removeGivenUp } from "./remove-fields.ts";
import {
  changesOf,
  emptyObject,
  kindNode,
  recordUpdate,
  type WriteScope,
  within,
  withoutTouched,
} from "./track-update.ts";

export interface Applier extends FieldOwner, WriteScope {
  /** Takes over fields that others own. */
  force: boolean;
  source: SchemaSource;
  /** Of both objects: `apps.v1.Deployment`. */
  schemaName: string;
}

/**
 * @param live the present object (it is decoded and defaulted); undefined creates one. Not changed.
 * @param applied the configuration *as the client sent it*, parsed but not decoded: decoding adds and drops empty
 *   values, and these count here.
 * @returns a new object with its `managedFields`, decoded, to be defaulted.
 * @throws StatusError 409 when fields belong to others and `force` is not set; 400 and (as Kubernetes answers) 500
 *   where the configuration does not fit the kind.
 */
export function applyPatch(live: KubeObject | undefined, applied: unknown, applier: Applier): KubeObject {
  const { source, schemaName, force } = applier;
  const node = kindNode(source, schemaName);
  const config = checked(applied, applier);
  const { fields, errors } = fieldsOf(node, { ...config });
  if (errors.length > 0) throw unfit(config, applier.apiVersion, errors);
  const owned = within(applier, ownableFields(fields));

  const before = live ?? emptyObject(applier);
  const entries = live ? (entriesOf(live) ?? unmanaged(live, applier)) : [];
  const mine = entries.find((entry) => isEntryOf(entry, "Apply", applier));
  const others = entries.filter((entry) => entry !== mine);

  const merged = mergeApplied(node, live ?? {}, config);
  const kept = others.reduce((all, entry) => union(all, entry.fieldsV1), fields);
  const { object } = decode(source, schemaName, removeGivenUp(node, merged, mine?.fieldsV1, kept));

  const all = changesOf(node, before, object);
  const [changed, removed] = [within(applier, all.changed), within(applier, all.removed)];
  const conflicts = others
    .map((entry) => ({ entry, fields: intersection(entry.fieldsV1, changed) }))
    .filter(({ fields }) => !isEmptySet(fields));
  const disputed = force ? [] : withoutAllowed(conflicts, applier, () => fieldsLastApplied(node, before));
  if (disputed.length > 0) throw applyConflict(disputed);

  if (applier.manager === kubectlManager) syncLastApplied(object, config);
  const touched = union(changed, removed);
  const rest = others.map((entry) => withoutTouched(entry, touched));
  const same = live && mine && equalSets(mine.fieldsV1, owned) && mine.apiVersion === applier.apiVersion;
  const entry = same && isEmptySet(touched) ? mine : newEntry("Apply", applier, owned);
  setEntries(object, [...rest, entry]);
  return object;
}

function checked(applied: unknown, { apiVersion }: Applier): KubeObject {
  if (!isObject(applied)) {
    const type = jsonType(applied);
    throw StatusError.badRequest(
      `error decoding YAML: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  const config = cloneJson(applied) as KubeObject;
  if (config.apiVersion !== undefined && config.apiVersion !== apiVersion) {
    throw StatusError.badRequest(
      `incorrect version specified in apply patch. Specified patch version: ${config.apiVersion}, expected: ${apiVersion}`,
    );
  }
  if (isObject(config.metadata) && (config.metadata.managedFields ?? []).length > 0) {
    throw StatusError.badRequest("metadata.managedFields must be nil");
  }
  return config;
}

/** Kubernetes answers 500 with this sentence; kubectl prints it as it is. */
function unfit(config: KubeObject, apiVersion: string, errors: readonly string[]): StatusError {
  const { namespace = "", name = "" } = isObject(config.metadata) ? config.metadata : {};
  const groupVersion = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
  const what = `${namespace}/${name}; ${groupVersion}, Kind=${config.kind ?? ""}`;
  const list = errors.length === 1 ? errors[0] : `errors:\n${errors.map((error) => `  ${error}`).join("\n")}`;
  return new StatusError(500, undefined, `failed to create typed patch object (${what}): ${list}`);
}

/** An object from before anybody's fields were tracked: all it has belongs to "before-first-apply". */
function unmanaged(live: KubeObject, applier: Applier): ManagedFieldsEntry[] {
  const changes = changesOf(kindNode(applier.source, applier.schemaName), emptyObject(applier), live);
  const { apiVersion, time } = applier;
  return recordUpdate([], changes, { manager: "before-first-apply", apiVersion, time });
}

/** kubectl may take over what client-side apply set; when that leaves other conflicts, only those are reported. */
function withoutAllowed(conflicts: readonly Conflict[], applier: Applier, lastApplied: () => FieldSet): Conflict[] {
  if (applier.manager !== kubectlManager || conflicts.length === 0) return [...conflicts];
  const allowed = lastApplied();
  return conflicts
    .map(({ entry, fields }) => ({ entry, fields: difference(fields, allowed) }))
    .filter(({ fields }) => !isEmptySet(fields));
}
