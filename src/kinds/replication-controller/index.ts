/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replication-controller-v1/ */
import { ageColumn, nameColumn, podSpecColumns, printLabels } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import { replicationControllers } from "../../machinery/resource.ts";
import type { ReplicationController } from "../../machinery/types.ts";
import { defaultPodTemplate } from "../pod/defaults.ts";
import { unhonouredInTemplate } from "../pod/unhonoured.ts";
import { scaleSubresource } from "../scale/scale-subresource.ts";
import { sctpFieldsOfPodSpec } from "../sctp-fields.ts";
import { keepStatus, startWithStatus } from "../status.ts";
import { replicationManager } from "./controller.ts";
import { validateReplicationController } from "./validation.ts";

export const replicationController = defineKind<ReplicationController>({
  resource: replicationControllers,
  singular: "replicationcontroller",
  shortNames: ["rc"],
  categories: ["all"],
  schema: "core.v1.ReplicationController",
  status: true,
  defaultPropagation: "Orphan",
  defaults(object) {
    if (!object.spec) return;
    object.spec.replicas ??= 1;
    if (!object.spec.template) return;
    defaultPodTemplate(object.spec.template);
    const labels = object.spec.template.metadata?.labels;
    if (!labels) return;
    if (Object.keys(object.spec.selector ?? {}).length === 0) object.spec.selector = { ...labels };
    if (object.metadata && Object.keys(object.metadata.labels ?? {}).length === 0)
      object.metadata.labels = { ...labels };
  },
  prepareForCreate: startWithStatus({ replicas: 0 }),
  prepareForUpdate: keepStatus,
  validate: validateReplicationController,
  unhonoured: unhonouredInTemplate,
  sctpFields: sctpFieldsOfPodSpec("spec.template.spec"),
  columns: [
    nameColumn,
    { name: "Desired", type: "integer", value: (object) => object.spec?.replicas ?? 0 },
    { name: "Current", type: "integer", value: (object) => object.status?.replicas ?? 0 },
    { name: "Ready", type: "integer", value: (object) => object.status?.readyReplicas ?? 0 },
    ageColumn,
    ...podSpecColumns<ReplicationController>((object) => object.spec?.template?.spec),
    { name: "Selector", type: "string", priority: 1, value: (object) => printLabels(object.spec?.selector) },
  ],
  selectableFields: { "status.replicas": (object) => String(object.status?.replicas ?? 0) },
  subresources: {
    scale: scaleSubresource<ReplicationController>((object) => ({ matchLabels: object.spec?.selector ?? {} })),
  },
  controllers: [replicationManager],
});
