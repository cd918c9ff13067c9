/** The environment of a container. Rule: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/ */
import type { Stored } from "../machinery/object.ts";
import type { ConfigMap, Container, Pod, Secret } from "../machinery/types.ts";
import { fieldValue, type PodFacts, resourceValue } from "./downward.ts";
import { expand } from "./expand.ts";

/** Looks up what a Pod's spec refers to, in the Pod's namespace. */
export interface References {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
}

/** Why a container cannot be created yet: becomes `CreateContainerConfigError`. */
export class ConfigError extends Error {}

type Variable = NonNullable<Container["env"]>[number];
type Source = NonNullable<Container["envFrom"]>[number];

function text(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

function configMapValues(map: ConfigMap): [string, string][] {
  return Object.entries(map.data ?? {});
}

function secretValues(secret: Secret): [string, string][] {
  return Object.entries(secret.data ?? {}).map(([key, value]) => [key, text(value)]);
}

function fromSource(source: Source, references: References): [string, string][] {
  const { configMapRef, secretRef, prefix = "" } = source;
  const withPrefix = (values: [string, string][]): [string, string][] =>
    // A name with "=" cannot be told from its value.
    values.filter(([key]) => !key.includes("=")).map(([key, value]) => [prefix + key, value]);
  if (configMapRef) {
    const map = references.configMap(configMapRef.name ?? "");
    if (map) return withPrefix(configMapValues(map));
    if (!configMapRef.optional) throw new ConfigError(`configmap "${configMapRef.name}" not found`);
  }
  if (secretRef) {
    const secret = references.secret(secretRef.name ?? "");
    if (secret) return withPrefix(secretValues(secret));
    if (!secretRef.optional) throw new ConfigError(`secret "${secretRef.name}" not found`);
  }
  return [];
}

/** Undefined where an optional source is missing: the variable is then not set at all. */
function fromReference(
  pod: Stored<Pod>,
  container: Container,
  from: NonNullable<Variable["valueFrom"]>,
  references: References,
  facts: PodFacts,
): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = from;
  if (fieldRef) return fieldValue(pod, fieldRef.fieldPath, facts);
  if (resourceFieldRef) return resourceValue(pod, container, resourceFieldRef, facts);
  const namespace = pod.metadata.namespace ?? "";
  if (configMapKeyRef) {
    const map = references.configMap(configMapKeyRef.name ?? "");
    const value = map?.data?.[configMapKeyRef.key];
    if (value !== undefined || configMapKeyRef.optional) return value;
    if (!map) throw new ConfigError(`configmap "${configMapKeyRef.name}" not found`);
    throw new ConfigError(`couldn't find key ${configMapKeyRef.key} in ConfigMap ${namespace}/${configMapKeyRef.name}`);
  }
  if (secretKeyRef) {
    const secret = references.secret(secretKeyRef.name ?? "");
    const value = secret?.data?.[secretKeyRef.key];
    if (value !== undefined) return text(value);
    if (secretKeyRef.optional) return undefined;
    if (!secret) throw new ConfigError(`secret "${secretKeyRef.name}" not found`);
    throw new ConfigError(`couldn't find key ${secretKeyRef.key} in Secret ${namespace}/${secretKeyRef.name}`);
  }
  return undefined;
}

/**
 * Names and values for a container that starts now.
 * @param services from {@link serviceEnv}; the container's own variables come before them.
 * @throws ConfigError in Kubernetes' words when something it refers to is missing.
 */
export function containerEnv(
  pod: Stored<Pod>,
  container: Container,
  services: ReadonlyMap<string, string>,
  references: References,
  facts: PodFacts,
): Map<string, string> {
  const own = new Map<string, string>();
  for (const source of container.envFrom ?? []) {
    for (const [name, value] of fromSource(source, references)) own.set(name, value);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    // A variable may refer to those above it, and to Services.
    const result = valueFrom
      ? fromReference(pod, container, valueFrom, references, facts)
      : expand(value ?? "", (other) => own.get(other) ?? services.get(other));
    if (result !== undefined) own.set(name, result);
  }
  const env = new Map(own);
  for (const [name, value] of services) if (!env.has(name)) env.set(name, value);
  return env;
}
