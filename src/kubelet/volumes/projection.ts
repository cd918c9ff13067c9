/** Files of `configMap`, `secret`, `downwardAPI` and `projected` volumes: pure but for the token. */
import type { Stored } from "../../machinery/object.ts";
import type { Pod, Volume } from "../../machinery/types.ts";
import { fieldValue, type PodFacts, resourceValue } from "../downward.ts";
import type { References } from "../env.ts";
import type { FileContent } from "./atomic-writer.ts";

/** Why a volume cannot be made yet: becomes the Event `FailedMount`. */
export class VolumeError extends Error {}

export interface TokenRequest {
  audience?: string;
  expirationSeconds: number;
}

export interface ProjectionContext {
  pod: Stored<Pod>;
  references: References;
  facts: PodFacts;
  /** A token for the Pod's ServiceAccount. */
  token(request: TokenRequest): Promise<string>;
}

type Item = { key: string; path: string; mode?: number };
type Projected = NonNullable<Volume["projected"]>;
type DownwardItem = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];

const defaultMode = 0o644;

/** All of the data, or the items chosen. */
function choose(
  data: ReadonlyMap<string, Buffer>,
  items: readonly Item[] | undefined,
  mode: number,
  optional: boolean,
  what: string,
): Map<string, FileContent> {
  const files = new Map<string, FileContent>();
  if (!items) {
    for (const [key, content] of data) files.set(key, { content, mode });
    return files;
  }
  for (const item of items) {
    const content = data.get(item.key);
    if (content) files.set(item.path, { content, mode: item.mode ?? mode });
    else if (!optional) throw new VolumeError(`references non-existent ${what} key: ${item.key}`);
  }
  return files;
}

function configMapFiles(
  source: { name?: string; items?: Item[]; optional?: boolean },
  mode: number,
  { references }: ProjectionContext,
): Map<string, FileContent> {
  const map = references.configMap(source.name ?? "");
  if (!map) {
    if (source.optional) return new Map();
    throw new VolumeError(`configmap "${source.name}" not found`);
  }
  const data = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(map.data ?? {})) data.set(key, Buffer.from(value, "utf8"));
  for (const [key, value] of Object.entries(map.binaryData ?? {})) data.set(key, Buffer.from(value, "base64"));
  return choose(data, source.items, mode, source.optional ?? false, "config");
}

function secretFiles(
  source: { name?: string; items?: Item[]; optional?: boolean },
  mode: number,
  { references }: ProjectionContext,
): Map<string, FileContent> {
  const secret = references.secret(source.name ?? "");
  if (!secret) {
    if (source.optional) return new Map();
    throw new VolumeError(`secret "${source.name}" not found`);
  }
  const data = new Map(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")] as const),
  );
  return choose(data, source.items, mode, source.optional ?? false, "secret");
}

function downwardFiles(
  items: readonly DownwardItem[] | undefined,
  mode: number,
  { pod, facts }: ProjectionContext,
): Map<string, FileContent> {
  const files = new Map<string, FileContent>();
  for (const item of items ?? []) {
    const text = item.fieldRef
      ? fieldValue(pod, item.fieldRef.fieldPath, facts)
      : item.resourceFieldRef
        ? resourceValue(pod, undefined, item.resourceFieldRef, facts)
        : "";
    files.set(item.path, { content: Buffer.from(text, "utf8"), mode: item.mode ?? mode });
  }
  return files;
}

async function projectedFiles(volume: Projected, context: ProjectionContext): Promise<Map<string, FileContent>> {
  const mode = volume.defaultMode ?? defaultMode;
  const files = new Map<string, FileContent>();
  const add = (more: ReadonlyMap<string, FileContent>) => {
    for (const [path, file] of more) files.set(path, file);
  };
  for (const { configMap, secret, downwardAPI, serviceAccountToken } of volume.sources ?? []) {
    if (configMap) add(configMapFiles(configMap, mode, context));
    if (secret) add(secretFiles(secret, mode, context));
    if (downwardAPI) add(downwardFiles(downwardAPI.items, mode, context));
    if (serviceAccountToken) {
      const { audience, expirationSeconds = 3600, path } = serviceAccountToken;
      const token = await context.token({ ...(audience && { audience }), expirationSeconds });
      files.set(path, { content: Buffer.from(token, "utf8"), mode });
    }
  }
  return files;
}

/** The files of a volume that is made of API objects; undefined for other volumes. @throws VolumeError when one is missing. */
export async function projectedVolumeFiles(
  volume: Volume,
  context: ProjectionContext,
): Promise<Map<string, FileContent> | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) return configMapFiles(configMap, configMap.defaultMode ?? defaultMode, context);
  if (secret) {
    const { secretName, items, optional, defaultMode: mode } = secret;
    const source = { ...(secretName && { name: secretName }), ...(items && { items }), ...(optional && { optional }) };
    return secretFiles(source, mode ?? defaultMode, context);
  }
  if (downwardAPI) return downwardFiles(downwardAPI.items, downwardAPI.defaultMode ?? defaultMode, context);
  if (projected) return projectedFiles(projected, context);
  return undefined;
}

/** Names of the ConfigMaps and Secrets that a Pod refers to, as `configmap/name` and `secret/name`. */
export function referencedObjects(pod: Pod): Set<string> {
  const found = new Set<string>();
  const add = (kind: "configmap" | "secret", source: { name?: string } | undefined) => {
    if (source?.name) found.add(`${kind}/${source.name}`);
  };
  for (const { configMap, secret, projected } of pod.spec?.volumes ?? []) {
    add("configmap", configMap);
    if (secret?.secretName) add("secret", { name: secret.secretName });
    for (const source of projected?.sources ?? []) {
      add("configmap", source.configMap);
      add("secret", source.secret);
    }
  }
  for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      add("configmap", configMapRef);
      add("secret", secretRef);
    }
    for (const { valueFrom } of container.env ?? []) {
      add("configmap", valueFrom?.configMapKeyRef);
      add("secret", valueFrom?.secretKeyRef);
    }
  }
  return found;
}

/** Whether something in its volumes shows labels or annotations, which may change while the Pod runs. */
export function showsMetadata(pod: Pod): boolean {
  return (pod.spec?.volumes ?? []).some(
    ({ downwardAPI, projected }) => downwardAPI || projected?.sources?.some((source) => source.downwardAPI),
  );
}
