/** References to fields of the Pod and to its resources, as environment variables and downward volumes take them. */
import { type FieldError, invalid, notSupported, required } from "../../../machinery/field-error.ts";
import { canonicalQuantity } from "../../../machinery/quantity.ts";
import type { Container } from "../../../machinery/types.ts";
import { check } from "../../../machinery/validation/fields.ts";
import { qualifiedNameErrors } from "../../../machinery/validation/names.ts";

type ValueFrom = NonNullable<NonNullable<Container["env"]>[number]["valueFrom"]>;

/** What only volumes can show: environment variables do not follow changes. */
const volumePaths = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
const environmentPaths = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const convertible = new Set([
  ...volumePaths,
  ...environmentPaths,
  "spec.restartPolicy",
  "spec.schedulerName",
  "status.phase",
]);

/** Where the reference stands. */
export type Use = "environment" | "volume";

export function validateFieldRef(ref: NonNullable<ValueFrom["fieldRef"]>, use: Use, field: string): FieldError[] {
  if (!ref.apiVersion) return [required(`${field}.apiVersion`)];
  if (!ref.fieldPath) return [required(`${field}.fieldPath`)];
  const subscripted = /^(.*)\['(.*)'\]$/.exec(ref.fieldPath);
  if (subscripted) {
    const [, path = "", key = ""] = subscripted;
    if (path === "metadata.annotations") return check(field, key.toLowerCase(), qualifiedNameErrors);
    if (path === "metadata.labels") return check(field, key, qualifiedNameErrors);
    return unconvertible(ref.fieldPath, field);
  }
  if (!convertible.has(ref.fieldPath)) return unconvertible(ref.fieldPath, field);
  const supported = use === "volume" ? volumePaths : environmentPaths;
  if (supported.includes(ref.fieldPath)) return [];
  return [notSupported(`${field}.fieldPath`, ref.fieldPath, supported)];
}

function unconvertible(path: string, field: string): FieldError[] {
  return [invalid(`${field}.fieldPath`, path, `error converting fieldPath: field label not supported: ${path}`)];
}

const resources = ["cpu", "ephemeral-storage", "memory"];
const resourcePaths = [...resources.map((name) => `limits.${name}`), ...resources.map((name) => `requests.${name}`)];
const byteDivisors = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

export function validateResourceFieldRef(
  ref: NonNullable<ValueFrom["resourceFieldRef"]>,
  use: Use,
  field: string,
): FieldError[] {
  if (use === "volume" && !ref.containerName) return [required(`${field}.containerName`)];
  if (!ref.resource) return [required(`${field}.resource`)];
  if (!resourcePaths.includes(ref.resource) && !/^(limits|requests)\.hugepages-/.test(ref.resource)) {
    return [notSupported(`${field}.resource`, ref.resource, resourcePaths)];
  }
  return validateDivisor(ref.resource, ref.divisor ?? "0", field);
}

function validateDivisor(resource: string, divisor: string, field: string): FieldError[] {
  const canonical = canonicalQuantity(divisor);
  if (canonical === "0") return [];
  const name = resource.slice(resource.indexOf(".") + 1);
  if (name === "cpu") {
    if (["1m", "1"].includes(canonical)) return [];
    return [
      invalid(`${field}.divisor`, resource, "only divisor's values 1m and 1 are supported with the cpu resource"),
    ];
  }
  if (byteDivisors.includes(canonical)) return [];
  const called = name === "ephemeral-storage" ? "local ephemeral storage" : name.replace(/^hugepages-.*/, "hugepages");
  const detail = `only divisor's values ${byteDivisors.join(", ")} are supported with the ${called} resource`;
  return [invalid(`${field}.divisor`, resource, detail)];
}
