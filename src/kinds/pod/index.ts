/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
import { defineKind } from "../../machinery/kind.ts";
import { pods } from "../../machinery/resource.ts";
import type { Pod } from "../../machinery/types.ts";
import { sctpFieldsOfPodSpec } from "../sctp-fields.ts";
import { keepStatus } from "../status.ts";
import { admitPod } from "./admit.ts";
import { podColumns } from "./columns.ts";
import { defaultPod } from "./defaults.ts";
import { gracePeriod } from "./grace-period.ts";
import { qosClass } from "./qos.ts";
import { selectablePodFields } from "./selectable-fields.ts";
import { podSubresources } from "./subresources.ts";
import { unhonouredInPod } from "./unhonoured.ts";
import { validatePodUpdate } from "./update-validation.ts";
import { validatePod } from "./validation.ts";

export const pod = defineKind<Pod>({
  resource: pods,
  singular: "pod",
  shortNames: ["po"],
  categories: ["all"],
  schema: "core.v1.Pod",
  status: true,
  defaults: defaultPod,
  prepareForCreate(object) {
    object.status = { phase: "Pending", qosClass: qosClass(object) };
  },
  prepareForUpdate: keepStatus,
  admit: admitPod,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  unhonoured: unhonouredInPod,
  sctpFields: sctpFieldsOfPodSpec("spec"),
  gracePeriod,
  columns: podColumns,
  selectableFields: selectablePodFields,
  subresources: podSubresources,
});
