/** Query parameters of `pods/log`: https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.33/#podlogoptions-v1-core */
import { type FieldError, forbidden, invalid } from "../../machinery/field-error.ts";
import type { LogOptions } from "../../machinery/pod-streams.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { booleanParameter, integerParameter } from "./query.ts";

/**
 * @param podName for the error.
 * @throws StatusError BadRequest for what is no number or no time; Invalid (422) for values out of range, in the words of
 * kubernetes `ValidatePodLogOptions`.
 */
export function parseLogOptions(query: URLSearchParams, podName: string): Omit<LogOptions, "container"> {
  const tailLines = integerParameter(query, "tailLines");
  const sinceSeconds = integerParameter(query, "sinceSeconds");
  const limitBytes = integerParameter(query, "limitBytes");
  const sinceTime = timeParameter(query, "sinceTime");
  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0) {
    errors.push(invalid("tailLines", tailLines, "must be greater than or equal to 0"));
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push(invalid("limitBytes", limitBytes, "must be greater than 0"));
  }
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    errors.push(forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(invalid("sinceSeconds", sinceSeconds, "must be greater than 0"));
  }
  if (errors.length > 0) throw StatusError.invalid({ group: "", kind: "PodLogOptions" }, podName, errors);
  return {
    follow: booleanParameter(query, "follow"),
    previous: booleanParameter(query, "previous"),
    timestamps: booleanParameter(query, "timestamps"),
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceSeconds !== undefined && { sinceSeconds }),
    ...(sinceTime !== undefined && { sinceTime }),
    ...(limitBytes !== undefined && { limitBytes }),
  };
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function timeParameter(query: URLSearchParams, name: string): string | undefined {
  const value = query.get(name);
  // An empty or `null` time is no time (meta/v1 Time, UnmarshalQueryParameter).
  if (!value || value === "null") return undefined;
  if (!rfc3339.test(value) || Number.isNaN(Date.parse(value))) {
    const quoted = JSON.stringify(value);
    throw StatusError.badRequest(`parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted}`);
  }
  return value;
}
