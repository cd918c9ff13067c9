/** One service of a Compose file as a Deployment and a Service. */
import type { KubeObject } from "../machinery/object.ts";
import type { Deployment, Service } from "../machinery/types.ts";
import { convertPodSpec } from "./container.ts";
import type { Context } from "./context.ts";
import { isNull, Mapping, textOf } from "./mapping.ts";
import { labelsOf, managedBy } from "./names.ts";
import { convertPorts, type PublishedPort, portKey } from "./ports.ts";

/** Why a key has no counterpart, where that is not plain. */
const reasons: Record<string, string> = {
  build: "is not converted: build the image and name it with image",
  container_name: "is not converted: a Pod's name is made by its Deployment",
  depends_on: "is not converted: all services start at once, and one that fails is started again",
  networks: "is not converted: every Pod reaches every other",
  links: "is not converted: services reach each other by name",
  extends: "is not converted: what it refers to is missing here",
};

/**
 * Two Pods cannot have the same port of the host: all old ones go before new ones come. That is `Recreate` in other words, but
 * words that server-side apply can take back: the defaults of `rollingUpdate` stand in the way of a change to `Recreate`.
 */
const replacing = { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: "100%" } };

/** @param name already a valid name of an object. */
export function convertService(service: Mapping, name: string, context: Context): KubeObject[] {
  const ports = convertPorts(service, context);
  const spec = convertPodSpec(service, name, ports, context);
  const replicas = convertReplicas(service, ports, context);
  checkRestart(service, context);
  const annotations = convertLabels(service, context);
  service.reportRest(reasons);
  const labels = labelsOf(context.project, name);
  const metadata = (): { name: string; namespace?: string; labels: Record<string, string> } => ({
    name,
    ...(context.options.namespace && { namespace: context.options.namespace }),
    labels: { ...labels, ...managedBy },
  });
  const deployment: Deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(),
    spec: {
      replicas,
      selector: { matchLabels: labels },
      ...(ports.some((port) => port.hostPort) && { strategy: replacing }),
      template: {
        metadata: { labels: { ...labels, ...managedBy }, ...(annotations && { annotations }) },
        spec,
      },
    },
  };
  return [{ ...serviceFor(ports, labels), metadata: metadata() }, deployment];
}

/**
 * What makes the service's name known to the others. Without a declared port the name leads to the Pods themselves, on any port,
 * as it does in Compose; a cluster IP can only be had for ports that are known.
 */
function serviceFor(ports: readonly PublishedPort[], selector: Record<string, string>): Service {
  const inside = [...new Map(ports.map((port) => [portKey(port), port])).values()];
  if (inside.length === 0) return { apiVersion: "v1", kind: "Service", spec: { clusterIP: "None", selector } };
  return {
    apiVersion: "v1",
    kind: "Service",
    spec: {
      selector,
      ports: inside.map(({ containerPort, protocol }) => ({
        name: `${protocol.toLowerCase()}-${containerPort}`,
        port: containerPort,
        protocol,
      })),
    },
  };
}

function convertReplicas(service: Mapping, ports: readonly PublishedPort[], { findings }: Context): number {
  const scale = service.count("scale");
  const deploy = service.mapping("deploy");
  const replicas = deploy?.count("replicas") ?? scale ?? 1;
  deploy?.reportRest();
  if (replicas > 1 && ports.some((port) => port.hostPort)) {
    findings.warn(service, `${replicas} replicas cannot all have the same port of the host: only one will run`);
  }
  return replicas;
}

/** Deployments start their containers again whenever they end. */
function checkRestart(service: Mapping, { findings }: Context): void {
  const entry = service.take("restart");
  const policy = entry && textOf(entry.value, findings);
  if (!entry || policy === undefined || policy === "always" || policy === "unless-stopped") return;
  if (policy === "no" || /^on-failure(:\d+)?$/.test(policy)) {
    findings.skipped(entry, `the policy ${policy} is not converted: a Deployment always restarts its containers`);
  } else {
    findings.error(entry, `invalid restart policy ${JSON.stringify(policy)}`);
  }
}

/** Labels of a container may say anything, those of a Pod may not: they become annotations. */
function convertLabels(service: Mapping, { findings }: Context): Record<string, string> | undefined {
  const entry = service.take("labels");
  if (!entry) return undefined;
  const pairs: [string, string][] = [];
  if (entry.value.type === "mapping") {
    for (const [key, { value }] of entry.value.entries) {
      pairs.push([key, isNull(value) ? "" : (textOf(value, findings) ?? "")]);
    }
  } else if (entry.value.type === "list") {
    for (const item of entry.value.items) {
      const [key = "", ...value] = textOf(item, findings)?.split("=") ?? [];
      pairs.push([key, value.join("=")]);
    }
  } else {
    findings.error(entry, "must be a mapping or a list");
  }
  return Object.fromEntries(pairs);
}
