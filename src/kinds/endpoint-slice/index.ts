/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/ */
import { ageColumn, nameColumn } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import { endpointSlices } from "../../machinery/resource.ts";
import type { EndpointSlice } from "../../machinery/types.ts";
import { printAddresses, printPorts } from "./columns.ts";
import { endpointSliceController } from "./controller.ts";
import { validateEndpointSlice, validateEndpointSliceUpdate } from "./validation.ts";

export const endpointSlice = defineKind<EndpointSlice>({
  resource: endpointSlices,
  singular: "endpointslice",
  schema: "discovery.v1.EndpointSlice",
  defaults(object) {
    for (const port of object.ports ?? []) {
      port.name ??= "";
      port.protocol ||= "TCP";
    }
  },
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  columns: [
    nameColumn,
    { name: "AddressType", type: "string", value: (object) => object.addressType },
    { name: "Ports", type: "string", value: (object) => printPorts(object.ports) },
    { name: "Endpoints", type: "string", value: (object) => printAddresses(object.endpoints) },
    ageColumn,
  ],
  controllers: [endpointSliceController],
});
