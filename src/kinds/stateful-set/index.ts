/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/stateful-set-v1/ */
import { ageColumn, nameColumn, podSpecColumns } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import { statefulSets } from "../../machinery/resource.ts";
import type { StatefulSet } from "../../machinery/types.ts";
import { unhonouredInTemplate } from "../pod/unhonoured.ts";
import { presentPaths } from "../present-paths.ts";
import { scaleSubresource } from "../scale/scale-subresource.ts";
import { sctpFieldsOfPodSpec } from "../sctp-fields.ts";
import { keepStatus, startWithStatus } from "../status.ts";
import { statefulSetController } from "./controller.ts";
import { defaultStatefulSet } from "./defaults.ts";
import { validateStatefulSet, validateStatefulSetUpdate } from "./validation.ts";

export const statefulSet = defineKind<StatefulSet>({
  resource: statefulSets,
  singular: "statefulset",
  shortNames: ["sts"],
  categories: ["all"],
  schema: "apps.v1.StatefulSet",
  status: true,
  defaults: defaultStatefulSet,
  prepareForCreate: startWithStatus({ replicas: 0, availableReplicas: 0 }),
  prepareForUpdate: keepStatus,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  unhonoured: (object) => [
    ...presentPaths(object, ["spec.volumeClaimTemplates", "spec.updateStrategy.rollingUpdate.maxUnavailable"]),
    ...unhonouredInTemplate(object),
  ],
  sctpFields: sctpFieldsOfPodSpec("spec.template.spec"),
  columns: [
    nameColumn,
    {
      name: "Ready",
      type: "string",
      value: (object) => `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
    },
    ageColumn,
    ...podSpecColumns<StatefulSet>((object) => object.spec?.template.spec),
  ],
  subresources: { scale: scaleSubresource<StatefulSet>((object) => object.spec?.selector) },
  controllers: [statefulSetController],
});
