/**
 * `healthcheck` as a readiness probe: https://docs.docker.com/reference/compose-file/services/#healthcheck
 * Not as a liveness probe: Docker restarts no container for being unhealthy.
 */
import type { Probe } from "../machinery/types.ts";
import type { Context } from "./context.ts";
import { parseDuration } from "./duration.ts";
import { Mapping, textOf } from "./mapping.ts";
import { escapeExpansion } from "./names.ts";

/** Docker's own defaults: https://docs.docker.com/reference/dockerfile/#healthcheck */
const defaults = { interval: 30, timeout: 30, retries: 3 };

export function convertHealthcheck(service: Mapping, context: Context): Probe | undefined {
  const check = service.mapping("healthcheck");
  if (!check) return undefined;
  const disabled = check.boolean("disable") ?? false;
  const command = probeCommand(check, context);
  const periodSeconds = seconds(check, "interval", defaults.interval, context);
  const timeoutSeconds = seconds(check, "timeout", defaults.timeout, context);
  const failureThreshold = Math.max(1, check.count("retries") ?? defaults.retries);
  const needless = "is not needed: a check that fails keeps traffic away and restarts nothing";
  check.reportRest({ start_period: needless, start_interval: needless });
  if (disabled || !command) return undefined;
  return { exec: { command: command.map(escapeExpansion) }, periodSeconds, timeoutSeconds, failureThreshold };
}

/** Undefined for no check. */
function probeCommand(check: Mapping, { findings }: Context): string[] | undefined {
  const entry = check.take("test");
  if (!entry) return undefined;
  if (entry.value.type !== "list") {
    const line = textOf(entry.value, findings);
    return line ? ["/bin/sh", "-c", line] : undefined;
  }
  const [kind, ...words] = entry.value.items.map((item) => textOf(item, findings) ?? "");
  if (kind === "NONE") return undefined;
  if (kind === "CMD" && words.length > 0) return words;
  if (kind === "CMD-SHELL" && words.length === 1) return ["/bin/sh", "-c", words[0] ?? ""];
  findings.error(entry, "a test is a text, or a list that starts with CMD, CMD-SHELL or NONE");
  return undefined;
}

/** Whole seconds, at least one. */
function seconds(check: Mapping, key: string, otherwise: number, { findings }: Context): number {
  const entry = check.take(key);
  const text = entry && textOf(entry.value, findings);
  if (!entry || text === undefined) return otherwise;
  const duration = parseDuration(text);
  if (duration === undefined) findings.error(entry, `${JSON.stringify(text)} is no duration such as 1m30s`);
  return Math.max(1, Math.ceil(duration ?? otherwise));
}
