/**
 * Query parameters of GET on a collection, as the API's `ListOptions`.
 * Rule: https://kubernetes.io/docs/reference/using-api/api-concepts/#resourceversion-parameter and
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
import { type FieldError, forbidden, notSupported } from "../../machinery/field-error.ts";
import { parseSelector } from "../../machinery/selector.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { FieldRequirement, ListQuery, WatchQuery } from "../api.ts";
import { isSet } from "./request-info.ts";

const matchValues = ["Exact", "NotOlderThan"];

/** @throws StatusError BadRequest or Invalid, in Kubernetes' words. */
export function listQuery(query: URLSearchParams, namespace: string | undefined, name?: string): ListQuery {
  if (query.size === 0) return { ...(namespace !== undefined && { namespace }), ...only(name) };
  const match = query.get("resourceVersionMatch") ?? "";
  const resourceVersion = resourceVersionOf(query);
  const token = query.get("continue") ?? "";
  const limit = integer(query.get("limit"));
  refuse(listErrors(query, match, resourceVersion, token));
  return {
    ...selection(query, namespace, name),
    ...(limit !== undefined && limit > 0 && { limit }),
    ...(token && { continue: token }),
    ...(resourceVersion && { resourceVersion }),
    ...(match && { resourceVersionMatch: match as "Exact" | "NotOlderThan" }),
  };
}

/** @throws StatusError BadRequest or Invalid, in Kubernetes' words. */
export function watchQuery(
  query: URLSearchParams,
  namespace: string | undefined,
  name?: string,
): WatchQuery & { timeoutSeconds?: number } {
  const match = query.get("resourceVersionMatch") ?? "";
  const resourceVersion = resourceVersionOf(query);
  const sendInitialEvents = query.has("sendInitialEvents");
  const timeoutSeconds = integer(query.get("timeoutSeconds"));
  refuse(watchErrors(match, sendInitialEvents, query.get("continue") ?? ""));
  return {
    ...selection(query, namespace, name),
    ...(resourceVersion && { resourceVersion }),
    ...(isSet(query.get("allowWatchBookmarks")) && { allowBookmarks: true }),
    ...(sendInitialEvents && { sendInitialEvents: isSet(query.get("sendInitialEvents")) }),
    ...(timeoutSeconds !== undefined && timeoutSeconds > 0 && { timeoutSeconds }),
  };
}

function only(name: string | undefined): Pick<ListQuery, "fieldSelector"> {
  return name === undefined ? {} : { fieldSelector: [{ field: "metadata.name", operator: "=", value: name }] };
}

function selection(query: URLSearchParams, namespace: string | undefined, name: string | undefined) {
  const labels = query.get("labelSelector");
  const fields = [...(only(name).fieldSelector ?? []), ...parseFieldSelector(query.get("fieldSelector") ?? "")];
  return {
    ...(namespace !== undefined && { namespace }),
    ...(labels && { labelSelector: parseSelector(labels) }),
    ...(fields.length > 0 && { fieldSelector: fields }),
  };
}

function listErrors(query: URLSearchParams, match: string, resourceVersion: string, token: string): FieldError[] {
  const errors: FieldError[] = [];
  if (match) {
    const field = "resourceVersionMatch";
    if (!resourceVersion) errors.push(forbidden(field, `${field} is forbidden unless resourceVersion is provided`));
    if (token) errors.push(forbidden(field, `${field} is forbidden when continue is provided`));
    if (!matchValues.includes(match)) errors.push(notSupported(field, match, ["", ...matchValues]));
    if (match === "Exact" && resourceVersion === "0") {
      errors.push(forbidden(field, `${field} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (query.has("sendInitialEvents")) {
    errors.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return errors;
}

function watchErrors(match: string, sendInitialEvents: boolean, token: string): FieldError[] {
  const field = "resourceVersionMatch";
  const errors: FieldError[] = [];
  if (sendInitialEvents && match !== "NotOlderThan") {
    errors.push(forbidden(field, `sendInitialEvents requires setting ${field} to NotOlderThan`));
  }
  if (!match) return errors;
  if (!sendInitialEvents) {
    errors.push(forbidden(field, `${field} is forbidden for watch unless sendInitialEvents is provided`));
  }
  if (match !== "NotOlderThan") errors.push(notSupported(field, match, ["NotOlderThan"]));
  if (token) errors.push(forbidden(field, `${field} is forbidden when continue is provided`));
  return errors;
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw StatusError.invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
}

function resourceVersionOf(query: URLSearchParams): string {
  const text = query.get("resourceVersion") ?? "";
  if (/^\d*$/.test(text)) return text;
  // Kubernetes answers 500 here, without a reason.
  const quoted = JSON.stringify(text);
  const why = `Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
  throw new StatusError(500, undefined, `resourceVersion: ${why}`);
}

/** @returns undefined when absent or empty. @throws StatusError BadRequest. */
export function integer(text: string | null): number | undefined {
  if (!text) return undefined;
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
  throw StatusError.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/**
 * `metadata.name=x,status.phase!=Running`; a backslash takes the meaning from the `,`, `=` or `\` after it.
 * @throws StatusError BadRequest.
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const requirements: FieldRequirement[] = [];
  for (const term of splitUnescaped(text)) {
    if (term === "") continue;
    const match = /^((?:[^\\=!]|\\.)*?)(==|!=|=)(.*)$/s.exec(term);
    if (!match) throw StatusError.badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = "", operator, value = ""] = match;
    requirements.push({ field, operator: operator === "!=" ? "!=" : "=", value: unescape(value, text) });
  }
  return requirements;
}

function splitUnescaped(text: string): string[] {
  return text.match(/(?:\\.|[^,\\])+/gs) ?? [];
}

function unescape(value: string, selector: string): string {
  if (/(?<!\\)(?:\\\\)*[=]/.test(value)) {
    throw StatusError.badRequest(`invalid selector: '${selector}'; unescaped '=' in value '${value}'`);
  }
  return value.replaceAll(/\\([\\,=])/g, "$1");
}
