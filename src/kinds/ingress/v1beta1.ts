/**
 * Ingresses as they were written before `networking.k8s.io/v1`: backends by `serviceName` and `servicePort`.
 * Rule: https://kubernetes.io/docs/reference/using-api/deprecation-guide/#ingress-v122
 */
import type { ServedVersion } from "../../machinery/kind.ts";
import type { Stored } from "../../machinery/object.ts";
import type { Ingress, IngressBackend } from "../../machinery/types.ts";

type Spec = NonNullable<Ingress["spec"]>;

interface OldBackend {
  resource?: NonNullable<IngressBackend["resource"]>;
  serviceName?: string;
  servicePort?: number | string;
}

interface OldPath {
  path?: string;
  pathType?: string;
  backend?: OldBackend;
}

interface OldIngress extends Pick<Ingress, "metadata" | "status"> {
  spec?: Pick<Spec, "ingressClassName" | "tls"> & {
    backend?: OldBackend;
    rules?: { host?: string; http?: { paths?: OldPath[] } }[];
  };
}

export const networkingV1beta1 = servedAs("networking.k8s.io", "networking.v1beta1.Ingress", "v1.19");
export const extensionsV1beta1 = servedAs("extensions", "extensions.v1beta1.Ingress", "v1.14");

function servedAs(group: string, schema: string, since: string): ServedVersion<Ingress> {
  const version = "v1beta1";
  return {
    group,
    version,
    schema,
    deprecation: `${group}/${version} Ingress is deprecated in ${since}+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress`,
    listsShortNames: group !== "extensions",
    toStored: (object) => toV1(object),
    fromStored: (object) => ({ ...object, ...fromV1(object), apiVersion: `${group}/${version}` }),
    fieldFromStored,
  };
}

function fieldFromStored(path: string): string {
  return path
    .replace(/^(spec\.)?defaultBackend\b/, "$1backend")
    .replace(/\.backend\.service\.name$/, ".backend.serviceName")
    .replace(/\.backend\.service\.port\.(name|number)$/, ".backend.servicePort");
}

function toV1(object: OldIngress): Ingress {
  const { spec, metadata, status } = object;
  const { backend, rules, ...same } = spec ?? {};
  return {
    kind: "Ingress",
    apiVersion: "networking.k8s.io/v1",
    ...(metadata && { metadata }),
    spec: {
      ...same,
      ...(backend && { defaultBackend: toBackend(backend) }),
      ...(rules && {
        rules: rules.map(({ http, ...rule }) => ({
          ...rule,
          ...(http && {
            http: {
              ...http,
              paths: (http.paths ?? []).map((path) => ({
                ...path,
                // The default of the old versions only.
                pathType: path.pathType ?? "ImplementationSpecific",
                backend: toBackend(path.backend ?? {}),
              })),
            },
          }),
        })),
      }),
    },
    ...(status && { status }),
  };
}

function toBackend({ serviceName, servicePort, resource }: OldBackend): IngressBackend {
  const hasService = serviceName !== undefined || servicePort !== undefined;
  return {
    ...(hasService && { service: { name: serviceName ?? "", port: toPort(servicePort) } }),
    ...(resource && { resource }),
  };
}

function toPort(port: number | string | undefined): { name?: string; number?: number } {
  if (port === undefined) return {};
  return typeof port === "number" ? { number: port } : { name: port };
}

function fromV1(object: Stored<Ingress>): Pick<OldIngress, "spec"> {
  const { spec } = object;
  if (!spec) return {};
  const { defaultBackend, rules, ...same } = spec;
  return {
    spec: {
      ...same,
      ...(defaultBackend && { backend: fromBackend(defaultBackend) }),
      ...(rules && {
        rules: rules.map(({ http, ...rule }) => ({
          ...rule,
          ...(http && {
            http: { ...http, paths: http.paths.map((path) => ({ ...path, backend: fromBackend(path.backend) })) },
          }),
        })),
      }),
    },
  };
}

function fromBackend({ service, resource }: IngressBackend): OldBackend {
  const port = service?.port?.name ?? service?.port?.number;
  return {
    ...(service && { serviceName: service.name }),
    ...(port !== undefined && { servicePort: port }),
    ...(resource && { resource }),
  };
}
