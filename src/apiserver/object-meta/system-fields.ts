/** The fields of `metadata` that the server alone decides. Rule: k8s.io/apiserver `registry/rest` (BeforeCreate, BeforeUpdate). */
import { randomUUID } from "node:crypto";
import type { KindDefinition } from "../../machinery/kind.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import type { ObjectMeta } from "../../machinery/types.ts";
import { generateName } from "./generate-name.ts";

/** What a client may send along with a new object, as in a copy of another one, and the server decides anew. */
const setByServer = [
  "selfLink",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generation",
  "resourceVersion",
] as const;

/** @param taken whether an object of that name exists. */
export function newMetadata(
  definition: KindDefinition,
  sent: ObjectMeta,
  namespace: string | undefined,
  now: string,
  taken: (name: string) => boolean,
): ObjectMeta {
  const metadata: ObjectMeta = { ...sent };
  for (const field of setByServer) delete metadata[field];
  if (!metadata.name && metadata.generateName) {
    do metadata.name = generateName(metadata.generateName);
    while (taken(metadata.name));
  }
  if (definition.resource.namespaced && namespace !== undefined) metadata.namespace = namespace;
  metadata.uid = randomUUID();
  if (definition.generation !== false) metadata.generation = 1;
  metadata.creationTimestamp = now;
  return metadata;
}

/** Takes over into `next` what an update cannot change, in place. */
export function keepSystemFields(next: KubeObject, old: Stored<KubeObject>): void {
  const metadata = (next.metadata ??= {});
  metadata.name ??= old.metadata.name;
  if (old.metadata.namespace !== undefined) metadata.namespace ||= old.metadata.namespace;
  metadata.uid ||= old.metadata.uid;
  metadata.creationTimestamp ||= old.metadata.creationTimestamp;
  metadata.resourceVersion = old.metadata.resourceVersion;
  delete metadata.selfLink;
  const { generation, deletionTimestamp, deletionGracePeriodSeconds } = old.metadata;
  for (const field of ["generation", "deletionTimestamp", "deletionGracePeriodSeconds"] as const)
    delete metadata[field];
  Object.assign(metadata, {
    ...(generation !== undefined && { generation }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(deletionGracePeriodSeconds !== undefined && { deletionGracePeriodSeconds }),
  });
}
