/** Probes and lifecycle hooks. */
import { type FieldError, forbidden, invalid, required } from "../../../machinery/field-error.ts";
import type { Container, Probe } from "../../../machinery/types.ts";
import { check, oneOf, portNumber, portNumberOrName } from "../../../machinery/validation/fields.ts";
import { patternMessage } from "../../../machinery/validation/names.ts";
import { notNegative } from "../../../machinery/validation/numbers.ts";

type Hook = NonNullable<NonNullable<Container["lifecycle"]>["preStop"]>;
/** Everything that a probe or a hook can do. */
type Handler = Pick<Probe, "exec" | "httpGet" | "tcpSocket" | "grpc"> & Pick<Hook, "sleep">;

/** Errors of all that runs beside a container's own process. @param gracePeriod the Pod's, in seconds. */
export function validateProbesAndHooks(container: Container, gracePeriod: number, field: string): FieldError[] {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  const hooks = lifecycle ?? {};
  return [
    ...(hooks.postStart ? validateHandler(hooks.postStart, gracePeriod, `${field}.lifecycle.postStart`) : []),
    ...(hooks.preStop ? validateHandler(hooks.preStop, gracePeriod, `${field}.lifecycle.preStop`) : []),
    ...validateSingleSuccess(livenessProbe, gracePeriod, `${field}.livenessProbe`),
    ...validateReadiness(readinessProbe, gracePeriod, `${field}.readinessProbe`),
    ...validateSingleSuccess(startupProbe, gracePeriod, `${field}.startupProbe`),
  ];
}

/** What an init container that runs to its end may not have. */
export function forbidProbesAndHooks(container: Container, field: string): FieldError[] {
  const names = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const;
  const detail = "may not be set for init containers without restartPolicy=Always";
  return names.filter((name) => container[name]).map((name) => forbidden(`${field}.${name}`, detail));
}

function validateSingleSuccess(probe: Probe | undefined, gracePeriod: number, field: string): FieldError[] {
  if (!probe) return [];
  const errors = validateProbe(probe, gracePeriod, field);
  if (probe.successThreshold !== 1) {
    errors.push(invalid(`${field}.successThreshold`, probe.successThreshold, "must be 1"));
  }
  return errors;
}

function validateReadiness(probe: Probe | undefined, gracePeriod: number, field: string): FieldError[] {
  if (!probe) return [];
  const errors = validateProbe(probe, gracePeriod, field);
  const seconds = probe.terminationGracePeriodSeconds;
  if (seconds !== undefined) {
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, seconds, "must not be set for readinessProbes"));
  }
  return errors;
}

function validateProbe(probe: Probe, gracePeriod: number, field: string): FieldError[] {
  const numbers = [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const;
  const seconds = probe.terminationGracePeriodSeconds;
  return [
    ...validateHandler(probe, gracePeriod, field),
    ...numbers.flatMap((name) => notNegative(`${field}.${name}`, probe[name])),
    ...(seconds !== undefined && seconds <= 0
      ? [invalid(`${field}.terminationGracePeriodSeconds`, seconds, "must be greater than 0")]
      : []),
  ];
}

type Rules = { [K in keyof Handler]-?: (action: NonNullable<Handler[K]>, field: string) => FieldError[] };

/** Exactly one action; of several, only the first is looked at. */
function validateHandler(handler: Handler, gracePeriod: number, field: string): FieldError[] {
  const rules: Rules = {
    exec: ({ command = [] }, at) => (command.length === 0 ? [required(`${at}.command`)] : []),
    httpGet: validateHttpGet,
    tcpSocket: ({ port }, at) => portNumberOrName(`${at}.port`, port),
    grpc: ({ port }, at) => portNumber(`${at}.port`, port),
    sleep: ({ seconds }, at) => validateSleep(seconds, gracePeriod, at),
  };
  const errors: FieldError[] = [];
  let found = false;
  for (const name of Object.keys(rules) as (keyof Handler)[]) {
    const action = handler[name];
    if (!action) continue;
    const at = `${field}.${name}`;
    if (found) errors.push(forbidden(at, "may not specify more than 1 handler type"));
    // The action under a name is of that name's type.
    else errors.push(...(rules[name] as (action: unknown, field: string) => FieldError[])(action, at));
    found = true;
  }
  return found ? errors : [required(field, "must specify a handler type")];
}

function validateHttpGet(
  { path, port, scheme, httpHeaders }: NonNullable<Handler["httpGet"]>,
  at: string,
): FieldError[] {
  return [
    ...(path ? [] : [required(`${at}.path`)]),
    ...portNumberOrName(`${at}.port`, port),
    ...oneOf(`${at}.scheme`, scheme, ["HTTP", "HTTPS"]),
    ...(httpHeaders ?? []).flatMap(({ name }) => check(`${at}.httpHeaders`, name, headerNameErrors)),
  ];
}

function headerNameErrors(name: string): string[] {
  if (/^[-A-Za-z0-9]+$/.test(name)) return [];
  return [
    patternMessage(
      "a valid HTTP header must consist of alphanumeric characters or '-'",
      "[-A-Za-z0-9]+",
      "X-Header-Name",
    ),
  ];
}

function validateSleep(seconds: number, gracePeriod: number, at: string): FieldError[] {
  if (seconds >= 0 && seconds <= gracePeriod) return [];
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`;
  return [invalid(at, seconds, detail)];
}
