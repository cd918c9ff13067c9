/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoints-v1/ */
import { ageColumn, nameColumn } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import { endpoints as resource } from "../../machinery/resource.ts";
import type { Endpoints } from "../../machinery/types.ts";
import { sctpFields } from "../sctp-fields.ts";
import { printEndpoints } from "./columns.ts";
import { endpointsController } from "./controller.ts";
import { endpointsMirror } from "./mirror-controller.ts";
import { validateEndpoints } from "./validation.ts";

export const endpoints = defineKind<Endpoints>({
  resource,
  singular: "endpoints",
  shortNames: ["ep"],
  deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  schema: "core.v1.Endpoints",
  generation: false,
  defaults(object) {
    for (const subset of object.subsets ?? []) {
      for (const port of subset.ports ?? []) port.protocol ||= "TCP";
    }
  },
  validate: validateEndpoints,
  sctpFields: sctpFields("subsets[*].ports[*].protocol"),
  columns: [
    nameColumn,
    { name: "Endpoints", type: "string", value: (object) => printEndpoints(object.subsets) },
    ageColumn,
  ],
  controllers: [endpointsController, endpointsMirror],
});
