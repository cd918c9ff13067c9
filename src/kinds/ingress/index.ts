/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/ */
import { defineKind } from "../../machinery/kind.ts";
import { ingresses } from "../../machinery/resource.ts";
import type { Ingress } from "../../machinery/types.ts";
import { validateLoadBalancerPoints } from "../../machinery/validation/load-balancer-status.ts";
import { keepStatus, startWithStatus } from "../status.ts";
import { admitIngress } from "./admit.ts";
import { ingressColumns } from "./columns.ts";
import { unhonouredInIngress } from "./unhonoured.ts";
import { extensionsV1beta1, networkingV1beta1 } from "./v1beta1.ts";
import { validateIngress } from "./validation.ts";

export const ingress = defineKind<Ingress>({
  resource: ingresses,
  singular: "ingress",
  shortNames: ["ing"],
  schema: "networking.v1.Ingress",
  alsoServedAs: [networkingV1beta1, extensionsV1beta1],
  status: true,
  prepareForCreate: startWithStatus({ loadBalancer: {} }),
  prepareForUpdate: keepStatus,
  admit: admitIngress,
  validate: validateIngress,
  validateUpdate: ({ status }, _old, subresource) =>
    subresource === "status"
      ? validateLoadBalancerPoints(status?.loadBalancer?.ingress, "status.loadBalancer.ingress")
      : [],
  unhonoured: unhonouredInIngress,
  columns: ingressColumns,
});
