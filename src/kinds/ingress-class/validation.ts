/** Rule: kubernetes/kubernetes `pkg/apis/networking/validation`. */
import { type FieldError, forbidden, invalid, notSupported, required, tooLong } from "../../machinery/field-error.ts";
import type { IngressClass } from "../../machinery/types.ts";
import { check } from "../../machinery/validation/fields.ts";
import { dns1123LabelErrors, domainPrefixedPathErrors } from "../../machinery/validation/names.ts";
import { validateTypedReference } from "../ingress/typed-reference.ts";

type Parameters = NonNullable<NonNullable<IngressClass["spec"]>["parameters"]>;

const longestController = 250;
const scopes = ["Cluster", "Namespace"];

export function validateIngressClass({ spec }: IngressClass): FieldError[] {
  const { controller = "", parameters } = spec ?? {};
  const errors: FieldError[] = [];
  if (controller.length > longestController) errors.push(tooLong("spec.controller", longestController));
  // An empty one is complained of as such, whatever else could be said.
  if (controller === "") errors.push(required("spec.controller"));
  else errors.push(...check("spec.controller", controller, domainPrefixedPathErrors));
  return parameters ? [...errors, ...validateParameters("spec.parameters", parameters)] : errors;
}

function validateParameters(at: string, { scope, namespace, ...reference }: Parameters): FieldError[] {
  const errors = validateTypedReference(at, reference);
  if (scope === undefined) return [...errors, required(`${at}.scope`)];
  if (!scopes.includes(scope)) return [...errors, notSupported(`${at}.scope`, scope, scopes)];
  if (scope === "Cluster") {
    const detail = "`parameters.scope` is set to 'Cluster'";
    return namespace === undefined ? errors : [...errors, forbidden(`${at}.namespace`, detail)];
  }
  if (namespace === undefined)
    return [...errors, required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'")];
  return [...errors, ...check(`${at}.namespace`, namespace, dns1123LabelErrors)];
}

/** Another controller would not know what the class's Ingresses were promised. */
export function validateIngressClassUpdate(object: IngressClass, old: IngressClass): FieldError[] {
  const [now, before] = [object.spec?.controller, old.spec?.controller];
  return now === before ? [] : [invalid("spec.controller", now, "field is immutable")];
}
