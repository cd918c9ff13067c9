/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-class-v1/ */
import { ageColumn, nameColumn, none } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import { ingressClasses } from "../../machinery/resource.ts";
import type { IngressClass } from "../../machinery/types.ts";
import { validateIngressClass, validateIngressClassUpdate } from "./validation.ts";

/** `IngressParameters.example.com/external` */
function parametersOf({ spec }: IngressClass): string {
  if (!spec?.parameters) return none;
  const { apiGroup, kind, name } = spec.parameters;
  return `${apiGroup ? `${kind}.${apiGroup}` : kind}/${name}`;
}

const old = { group: "networking.k8s.io", version: "v1beta1" };

export const ingressClass = defineKind<IngressClass>({
  resource: ingressClasses,
  singular: "ingressclass",
  schema: "networking.v1.IngressClass",
  alsoServedAs: [
    {
      ...old,
      schema: "networking.v1beta1.IngressClass",
      deprecation:
        "networking.k8s.io/v1beta1 IngressClass is deprecated in v1.19+, unavailable in v1.22+; use networking.k8s.io/v1 IngressClass",
      // Nothing but the version differs.
      toStored: (object: IngressClass) => ({ ...object, apiVersion: "networking.k8s.io/v1" }),
      fromStored: (object) => ({ ...object, apiVersion: `${old.group}/${old.version}` }),
    },
  ],
  defaults({ spec }) {
    if (spec?.parameters) spec.parameters.scope ??= "Cluster";
  },
  validate: validateIngressClass,
  validateUpdate: validateIngressClassUpdate,
  unhonoured: ({ spec }) => (spec?.parameters ? ["spec.parameters"] : []),
  columns: [
    nameColumn,
    { name: "Controller", type: "string", value: ({ spec }) => spec?.controller ?? "" },
    { name: "Parameters", type: "string", value: parametersOf },
    ageColumn,
  ],
});
