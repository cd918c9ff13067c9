/** A service's container, and what of the service belongs to the Pod around it. */
import type { Container, PodSpec } from "../machinery/types.ts";
import type { Context } from "./context.ts";
import { parseDuration } from "./duration.ts";
import { convertEnvironment } from "./environment.ts";
import { convertHealthcheck } from "./healthcheck.ts";
import { isNull, type Mapping, textOf } from "./mapping.ts";
import { escapeExpansion } from "./names.ts";
import type { PublishedPort } from "./ports.ts";
import { shellWords } from "./shell-words.ts";
import { convertVolumes } from "./volumes.ts";

type SecurityContext = NonNullable<Container["securityContext"]>;

export function convertPodSpec(
  service: Mapping,
  name: string,
  ports: readonly PublishedPort[],
  context: Context,
): PodSpec {
  const { volumes, mounts } = convertVolumes(service, context);
  const graceSeconds = duration(service, "stop_grace_period", context);
  const hostname = service.text("hostname");
  return {
    containers: [
      { ...convertContainer(service, name, ports, context), ...(mounts.length > 0 && { volumeMounts: mounts }) },
    ],
    ...(volumes.length > 0 && { volumes }),
    ...(hostname && { hostname }),
    // Docker gives a container 10 seconds to stop, Kubernetes 30.
    terminationGracePeriodSeconds: graceSeconds ?? 10,
  };
}

function convertContainer(
  service: Mapping,
  name: string,
  ports: readonly PublishedPort[],
  context: Context,
): Container {
  const image = service.text("image");
  if (!image) context.findings.error(service, "image is required (build is not converted)");
  const [command, args] = [words(service, "entrypoint", context), words(service, "command", context)];
  const env = convertEnvironment(service, context);
  const readinessProbe = convertHealthcheck(service, context);
  const securityContext = convertSecurityContext(service, context);
  const workingDir = service.text("working_dir");
  const imagePullPolicy = convertPullPolicy(service, context);
  return {
    name,
    image: image ?? "",
    ...(imagePullPolicy && { imagePullPolicy }),
    ...(command && { command }),
    ...(args && { args }),
    ...(workingDir && { workingDir }),
    ...(env.length > 0 && { env }),
    ...(ports.length > 0 && { ports: [...ports] }),
    ...(readinessProbe && { readinessProbe }),
    ...(securityContext && { securityContext }),
    ...(service.boolean("stdin_open") && { stdin: true }),
    ...(service.boolean("tty") && { tty: true }),
  };
}

/** A command line or a list of words; undefined leaves the image's own. */
function words(service: Mapping, key: string, { findings }: Context): string[] | undefined {
  const entry = service.take(key);
  if (!entry || isNull(entry.value)) return undefined;
  if (entry.value.type === "list") {
    return entry.value.items.map((item) => escapeExpansion(textOf(item, findings) ?? ""));
  }
  try {
    return shellWords(textOf(entry.value, findings) ?? "").map(escapeExpansion);
  } catch (error) {
    findings.error(entry, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function convertPullPolicy(service: Mapping, { findings }: Context): string | undefined {
  const entry = service.take("pull_policy");
  const policy = entry && textOf(entry.value, findings);
  if (!entry || policy === undefined) return undefined;
  const known: Record<string, string> = {
    always: "Always",
    never: "Never",
    missing: "IfNotPresent",
    if_not_present: "IfNotPresent",
  };
  if (!known[policy]) findings.skipped(entry, `the policy ${policy} is not converted`);
  return known[policy];
}

function convertSecurityContext(service: Mapping, context: Context): SecurityContext | undefined {
  const [add, drop] = [service.texts("cap_add"), service.texts("cap_drop")];
  const capability = (text: string) => text.toUpperCase().replace(/^CAP_/, "");
  const securityContext: SecurityContext = {
    ...(service.boolean("privileged") && { privileged: true }),
    ...(service.boolean("read_only") && { readOnlyRootFilesystem: true }),
    ...convertUser(service, context),
    ...((add || drop) && {
      capabilities: { ...(add && { add: add.map(capability) }), ...(drop && { drop: drop.map(capability) }) },
    }),
  };
  return Object.keys(securityContext).length > 0 ? securityContext : undefined;
}

function convertUser(service: Mapping, { findings }: Context): SecurityContext {
  const entry = service.take("user");
  const text = entry && textOf(entry.value, findings);
  if (!entry || !text) return {};
  const [, user, group] = /^(\d+)(?::(\d+))?$/.exec(text) ?? [];
  if (!user) {
    findings.skipped(entry, `the user ${text} is not converted: give it as a number`);
    return {};
  }
  return { runAsUser: Number(user), ...(group && { runAsGroup: Number(group) }) };
}

function duration(service: Mapping, key: string, { findings }: Context): number | undefined {
  const entry = service.take(key);
  const text = entry && textOf(entry.value, findings);
  if (!entry || text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds === undefined) findings.error(entry, `${JSON.stringify(text)} is no duration such as 1m30s`);
  return seconds === undefined ? undefined : Math.ceil(seconds);
}
