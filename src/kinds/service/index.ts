/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/ */
import { defineKind } from "../../machinery/kind.ts";
import { services } from "../../machinery/resource.ts";
import type { Service } from "../../machinery/types.ts";
import { dns1035LabelErrors } from "../../machinery/validation/names.ts";
import { sctpFields } from "../sctp-fields.ts";
import { startWithStatus } from "../status.ts";
import { admitService } from "./admit.ts";
import { serviceColumns } from "./columns.ts";
import { defaultService } from "./defaults.ts";
import { prepareServiceForUpdate } from "./prepare-for-update.ts";
import { unhonouredInService } from "./unhonoured.ts";
import { validateService, validateServiceUpdate } from "./validation.ts";

export const service = defineKind<Service>({
  resource: services,
  singular: "service",
  shortNames: ["svc"],
  categories: ["all"],
  schema: "core.v1.Service",
  generation: false,
  status: true,
  validateName: dns1035LabelErrors,
  defaults: defaultService,
  prepareForCreate: startWithStatus({ loadBalancer: {} }),
  prepareForUpdate: prepareServiceForUpdate,
  admit: admitService,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  unhonoured: unhonouredInService,
  sctpFields: sctpFields("spec.ports[*].protocol"),
  columns: serviceColumns,
  selectableFields: {
    "spec.clusterIP": (object) => object.spec?.clusterIP ?? "",
    "spec.type": (object) => object.spec?.type ?? "",
  },
  subresources: {
    proxy: {
      type: "connect",
      methods: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
      kind: { group: "", version: "v1", kind: "ServiceProxyOptions" },
    },
  },
});
