/** `resourceVersion` of a request. https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions */
import { StatusError } from "../../machinery/status-error.ts";

/** @returns undefined when none was given. @throws StatusError when it is no number. */
export function parseResourceVersion(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const why = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  // Kubernetes answers 500 without a reason here.
  throw new StatusError(500, undefined, `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${why}`);
}

/** The client has seen a revision that this log has not reached (a log restored from an older copy). */
export function refuseFuture(revision: number, current: number): void {
  if (revision <= current) return;
  const message = `Too large resource version: ${revision}, current: ${current}`;
  throw new StatusError(504, "Timeout", `Timeout: ${message}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}
