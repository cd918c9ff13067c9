/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/ */
import { ageColumn, nameColumn, podSpecColumns, selectorColumn } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import { deployments } from "../../machinery/resource.ts";
import type { Deployment } from "../../machinery/types.ts";
import { unhonouredInTemplate } from "../pod/unhonoured.ts";
import { scaleSubresource } from "../scale/scale-subresource.ts";
import { sctpFieldsOfPodSpec } from "../sctp-fields.ts";
import { keepStatus, startWithStatus } from "../status.ts";
import { deploymentController } from "./controller.ts";
import { defaultDeployment } from "./defaults.ts";
import { validateDeployment, validateDeploymentUpdate } from "./validation.ts";

export const deployment = defineKind<Deployment>({
  resource: deployments,
  singular: "deployment",
  shortNames: ["deploy"],
  categories: ["all"],
  schema: "apps.v1.Deployment",
  status: true,
  defaults: defaultDeployment,
  prepareForCreate: startWithStatus({}),
  prepareForUpdate: keepStatus,
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  unhonoured: unhonouredInTemplate,
  sctpFields: sctpFieldsOfPodSpec("spec.template.spec"),
  columns: [
    nameColumn,
    {
      name: "Ready",
      type: "string",
      value: (object) => `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
    },
    { name: "Up-to-date", type: "string", value: (object) => String(object.status?.updatedReplicas ?? 0) },
    { name: "Available", type: "string", value: (object) => String(object.status?.availableReplicas ?? 0) },
    ageColumn,
    ...podSpecColumns<Deployment>((object) => object.spec?.template.spec),
    selectorColumn<Deployment>((object) => object.spec?.selector),
  ],
  subresources: { scale: scaleSubresource<Deployment>((object) => object.spec?.selector) },
  controllers: [deploymentController],
});
