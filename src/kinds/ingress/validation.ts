/** Rule: https://kubernetes.io/docs/concepts/services-networking/ingress/ and kubernetes/kubernetes `pkg/apis/networking/validation`. */
import { isIP } from "node:net";
import { type FieldError, invalid, notSupported, required } from "../../machinery/field-error.ts";
import type { Ingress, IngressBackend } from "../../machinery/types.ts";
import { check, checkRequired, each, portNumber } from "../../machinery/validation/fields.ts";
import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  portNameErrors,
  wildcardSubdomainErrors,
} from "../../machinery/validation/names.ts";
import { validateTypedReference } from "./typed-reference.ts";

type Spec = NonNullable<Ingress["spec"]>;
type Rule = NonNullable<Spec["rules"]>[number];
type Path = NonNullable<Rule["http"]>["paths"][number];

export function validateIngress(object: Ingress): FieldError[] {
  const { rules = [], defaultBackend, tls, ingressClassName } = object.spec ?? {};
  const errors: FieldError[] = [];
  if (rules.length === 0 && !defaultBackend) {
    errors.push(invalid("spec", [], "either `defaultBackend` or `rules` must be specified"));
  }
  if (defaultBackend) errors.push(...validateBackend("spec.defaultBackend", defaultBackend));
  errors.push(...each(rules, "spec.rules", validateRule));
  errors.push(
    ...each(tls, "spec.tls", ({ hosts, secretName }, at) => [
      ...each(hosts, `${at}.hosts`, (host, field) => validateHost(field, host)),
      ...(secretName ? check(`${at}.secretName`, secretName, dns1123SubdomainErrors) : []),
    ]),
  );
  if (ingressClassName !== undefined) {
    errors.push(...check("spec.ingressClassName", ingressClassName, dns1123SubdomainErrors));
  }
  return errors;
}

function validateRule({ host, http }: Rule, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (host) {
    if (isIP(host) !== 0) errors.push(invalid(`${at}.host`, host, "must be a DNS name, not an IP address"));
    errors.push(...validateHost(`${at}.host`, host));
  }
  if (!http) return errors;
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${at}.http.paths`));
  return [...errors, ...each(paths, `${at}.http.paths`, validatePath)];
}

function validateHost(field: string, host: string): FieldError[] {
  return check(field, host, host.includes("*") ? wildcardSubdomainErrors : dns1123SubdomainErrors);
}

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
const notInPaths = ["//", "/./", "/../", "%2f", "%2F"];
const notAtEnds = ["/..", "/."];

function validatePath({ path = "", pathType, backend }: Path, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const field = `${at}.path`;
  if (!pathType) errors.push(required(`${at}.pathType`, "pathType must be specified"));
  else if (!pathTypes.includes(pathType)) errors.push(notSupported(`${at}.pathType`, pathType, pathTypes));
  else if (pathType === "ImplementationSpecific") {
    if (path && !path.startsWith("/")) errors.push(invalid(field, path, "must be an absolute path"));
  } else {
    if (!path.startsWith("/")) errors.push(invalid(field, path, "must be an absolute path"));
    for (const part of notInPaths) {
      if (path.includes(part)) errors.push(invalid(field, path, `must not contain '${part}'`));
    }
    for (const end of notAtEnds) if (path.endsWith(end)) errors.push(invalid(field, path, `cannot end with '${end}'`));
  }
  return [...errors, ...validateBackend(`${at}.backend`, backend ?? {})];
}

function validateBackend(at: string, { resource, service }: IngressBackend): FieldError[] {
  if (resource && service) return [invalid(at, "", "cannot set both resource and service backends")];
  if (resource) return validateTypedReference(`${at}.resource`, resource);
  if (!service) return [invalid(at, "", "resource or service backend is required")];
  const { name, number } = service.port ?? {};
  const errors = checkRequired(`${at}.service.name`, service.name, dns1035LabelErrors);
  if (name && number) errors.push(invalid(at, "", "cannot set both port name & port number"));
  else if (name) errors.push(...check(`${at}.service.port.name`, name, portNameErrors));
  else if (number) errors.push(...portNumber(`${at}.service.port.number`, number));
  else errors.push(required(at, "port name or number is required"));
  return errors;
}
