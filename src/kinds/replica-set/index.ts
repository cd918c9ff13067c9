/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replica-set-v1/ */
import { ageColumn, nameColumn, podSpecColumns, selectorColumn } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import { replicaSets } from "../../machinery/resource.ts";
import type { ReplicaSet } from "../../machinery/types.ts";
import { defaultPodTemplate } from "../pod/defaults.ts";
import { unhonouredInTemplate } from "../pod/unhonoured.ts";
import { scaleSubresource } from "../scale/scale-subresource.ts";
import { sctpFieldsOfPodSpec } from "../sctp-fields.ts";
import { keepStatus, startWithStatus } from "../status.ts";
import { replicaSetController } from "./controller.ts";
import { validateReplicaSet, validateReplicaSetUpdate } from "./validation.ts";

export const replicaSet = defineKind<ReplicaSet>({
  resource: replicaSets,
  singular: "replicaset",
  shortNames: ["rs"],
  categories: ["all"],
  schema: "apps.v1.ReplicaSet",
  status: true,
  defaults(object) {
    if (!object.spec) return;
    object.spec.replicas ??= 1;
    if (object.spec.template) defaultPodTemplate(object.spec.template);
  },
  prepareForCreate: startWithStatus({ replicas: 0 }),
  prepareForUpdate: keepStatus,
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  unhonoured: unhonouredInTemplate,
  sctpFields: sctpFieldsOfPodSpec("spec.template.spec"),
  columns: [
    nameColumn,
    { name: "Desired", type: "integer", value: (object) => object.spec?.replicas ?? 0 },
    { name: "Current", type: "integer", value: (object) => object.status?.replicas ?? 0 },
    { name: "Ready", type: "integer", value: (object) => object.status?.readyReplicas ?? 0 },
    ageColumn,
    ...podSpecColumns<ReplicaSet>((object) => object.spec?.template?.spec),
    selectorColumn<ReplicaSet>((object) => object.spec?.selector),
  ],
  selectableFields: { "status.replicas": (object) => String(object.status?.replicas ?? 0) },
  subresources: { scale: scaleSubresource<ReplicaSet>((object) => object.spec?.selector) },
  controllers: [replicaSetController],
});
