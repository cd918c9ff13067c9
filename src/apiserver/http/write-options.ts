/**
 * Query parameters and bodies that say how a write is done: `CreateOptions`, `UpdateOptions`, `PatchOptions`, `DeleteOptions`.
 * Rule: https://kubernetes.io/docs/reference/kubernetes-api/common-parameters/common-parameters/
 */
import type { DeleteOptions } from "../../machinery/client.ts";
import { type FieldError, forbidden, invalid, notSupported, required, tooLong } from "../../machinery/field-error.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { RequestContext } from "../api.ts";
import { integer } from "./list-options.ts";
import { isSet } from "./request-info.ts";

export type WriteContext = Omit<RequestContext, "user" | "warn">;

const longestManager = 128;
const validations = ["Ignore", "Strict", "Warn"];
const propagations = ["Background", "Foreground", "Orphan"];

/**
 * @param apply whether the patch is a server-side apply: it needs a field manager, and alone may be forced.
 * @throws StatusError Invalid.
 */
export function writeContext(
  kind: "CreateOptions" | "UpdateOptions" | "PatchOptions",
  query: URLSearchParams,
  userAgent: string | undefined,
  apply = false,
): WriteContext {
  if (query.size === 0 && !apply) return { fieldManager: managerFromUserAgent(userAgent) };
  const manager = query.get("fieldManager") ?? "";
  const force = query.get("force");
  const validation = query.get("fieldValidation") ?? "";
  const errors = [
    ...(kind === "PatchOptions" ? patchErrors(apply, manager, force) : []),
    ...managerErrors(manager),
    ...dryRunErrors(query.getAll("dryRun")),
    ...(validation && !validations.includes(validation)
      ? [notSupported("fieldValidation", validation, validations)]
      : []),
  ];
  if (errors.length > 0) throw StatusError.invalid({ group: "meta.k8s.io", kind }, "", errors);
  return {
    fieldManager: manager || managerFromUserAgent(userAgent),
    ...(query.has("dryRun") && { dryRun: true }),
    ...(isSet(force) && { force: true }),
    ...(validation && { fieldValidation: validation as "Strict" | "Warn" | "Ignore" }),
  };
}

function patchErrors(apply: boolean, manager: string, force: string | null): FieldError[] {
  if (apply) return manager ? [] : [required("fieldManager", "is required for apply patch")];
  return force === null ? [] : [forbidden("force", "may not be specified for non-apply patch")];
}

function managerErrors(manager: string): FieldError[] {
  if (Buffer.byteLength(manager) > longestManager) return [tooLong("fieldManager", longestManager)];
  if (/[\p{C}]/u.test(manager)) return [invalid("fieldManager", manager, "should only contain printable characters")];
  return [];
}

function dryRunErrors(values: readonly string[]): FieldError[] {
  return values.every((value) => value === "All") ? [] : [notSupported("dryRun", values, ["All"])];
}

/** `kubectl/v1.33.0 (linux/amd64) …` → `kubectl`; `unknown` when the client does not say who it is. */
export function managerFromUserAgent(userAgent: string | undefined): string {
  if (!userAgent) return "unknown";
  const slash = userAgent.indexOf("/");
  const name = (slash < 0 ? userAgent : userAgent.slice(0, slash)).replaceAll(/[\p{C}]/gu, "");
  return name.slice(0, longestManager) || "unknown";
}

export interface ParsedDelete {
  options: DeleteOptions;
  dryRun: boolean;
}

/**
 * @param body parsed `DeleteOptions`; undefined when there was none, then the query counts.
 * @throws StatusError BadRequest, Invalid.
 */
export function deleteOptions(query: URLSearchParams, body: unknown): ParsedDelete {
  const sent = body === undefined || body === null ? fromQuery(query) : fromBody(body);
  const { propagationPolicy, orphanDependents, dryRun } = sent;
  const errors = dryRunErrors(dryRun);
  if (propagationPolicy !== undefined && !propagations.includes(propagationPolicy)) {
    errors.push(notSupported("propagationPolicy", propagationPolicy, [...propagations, "nil"]));
  }
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    const detail = "orphanDependents and deletionPropagation cannot be both set";
    errors.push(invalid("propagationPolicy", propagationPolicy, detail));
  }
  if (errors.length > 0) throw StatusError.invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  // orphanDependents is what propagationPolicy was called before Kubernetes 1.7.
  const policy =
    propagationPolicy ?? (orphanDependents === undefined ? undefined : orphanDependents ? "Orphan" : "Background");
  return {
    dryRun: dryRun.length > 0,
    options: {
      // Less than nothing means at once, but through the object's own end: one second.
      ...(sent.gracePeriodSeconds !== undefined && {
        gracePeriodSeconds: sent.gracePeriodSeconds < 0 ? 1 : sent.gracePeriodSeconds,
      }),
      ...(policy !== undefined && { propagationPolicy: policy as "Orphan" | "Background" | "Foreground" }),
      ...(sent.preconditions && { preconditions: sent.preconditions }),
    },
  };
}

interface SentDelete {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  orphanDependents?: boolean;
  dryRun: string[];
  preconditions?: { uid?: string; resourceVersion?: string };
}

function fromQuery(query: URLSearchParams): SentDelete {
  const grace = integer(query.get("gracePeriodSeconds"));
  const policy = query.get("propagationPolicy");
  const orphan = query.get("orphanDependents");
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(policy !== null && { propagationPolicy: policy }),
    ...(orphan !== null && { orphanDependents: isSet(orphan) }),
    dryRun: query.getAll("dryRun"),
  };
}

function fromBody(body: unknown): SentDelete {
  const sent = record(body, "DeleteOptions");
  const grace = field(sent, "gracePeriodSeconds", "int64", Number.isInteger);
  const policy = field(sent, "propagationPolicy", "string", isString);
  const orphan = field(sent, "orphanDependents", "bool", (value) => typeof value === "boolean");
  const dryRun = field(sent, "dryRun", "string", (value) => Array.isArray(value) && value.every(isString));
  const conditions = sent["preconditions"] === undefined ? undefined : record(sent["preconditions"], "Preconditions");
  const uid = conditions && field(conditions, "uid", "string", isString, "preconditions.");
  const revision = conditions && field(conditions, "resourceVersion", "string", isString, "preconditions.");
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace as number }),
    ...(policy !== undefined && { propagationPolicy: policy as string }),
    ...(orphan !== undefined && { orphanDependents: orphan as boolean }),
    dryRun: (dryRun as string[] | undefined) ?? [],
    ...((uid !== undefined || revision !== undefined) && {
      preconditions: {
        ...(uid !== undefined && { uid: uid as string }),
        ...(revision !== undefined && { resourceVersion: revision as string }),
      },
    }),
  };
}

const isString = (value: unknown): boolean => typeof value === "string";

function record(value: unknown, type: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw cannotHandle(`json: cannot unmarshal ${jsonType(value)} into Go value of type v1.${type}`);
}

function field(
  sent: Record<string, unknown>,
  name: string,
  type: string,
  fits: (value: unknown) => boolean,
  prefix = "",
): unknown {
  const value = sent[name];
  if (value === undefined || value === null) return undefined;
  if (fits(value)) return value;
  const path = `DeleteOptions.${prefix}${name}`;
  throw cannotHandle(`json: cannot unmarshal ${jsonType(value)} into Go struct field ${path} of type ${type}`);
}

function cannotHandle(why: string): StatusError {
  return StatusError.badRequest(`DeleteOptions in version "v1" cannot be handled as a DeleteOptions: ${why}`);
}

function jsonType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
