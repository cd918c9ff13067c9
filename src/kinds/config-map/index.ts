/** https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/config-map-v1/ */
import { ageColumn, nameColumn } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import { configMaps } from "../../machinery/resource.ts";
import type { ConfigMap } from "../../machinery/types.ts";
import { validateConfigMap, validateConfigMapUpdate } from "./validation.ts";

export const configMap = defineKind<ConfigMap>({
  resource: configMaps,
  singular: "configmap",
  shortNames: ["cm"],
  schema: "core.v1.ConfigMap",
  generation: false,
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
  columns: [
    nameColumn,
    {
      name: "Data",
      type: "string",
      value: (object) => String(Object.keys({ ...object.data, ...object.binaryData }).length),
    },
    ageColumn,
  ],
});
