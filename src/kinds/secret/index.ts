/** https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/ */
import { ageColumn, nameColumn } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import { secrets } from "../../machinery/resource.ts";
import type { Secret } from "../../machinery/types.ts";
import { validateSecret, validateSecretUpdate } from "./validation.ts";

export const secret = defineKind<Secret>({
  resource: secrets,
  singular: "secret",
  schema: "core.v1.Secret",
  generation: false,
  defaults(object) {
    object.type ||= "Opaque";
    if (!object.stringData) return;
    // `stringData` is a way to write, never a thing to read: it goes into `data`, which it outranks.
    const encoded = Object.entries(object.stringData).map(([key, value]) => [
      key,
      Buffer.from(value).toString("base64"),
    ]);
    object.data = { ...object.data, ...Object.fromEntries(encoded) };
    delete object.stringData;
  },
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  // Kubernetes would put a token into it.
  unhonoured: (object) => (object.type === "kubernetes.io/service-account-token" ? ["type"] : []),
  columns: [
    nameColumn,
    { name: "Type", type: "string", value: (object) => object.type ?? "" },
    { name: "Data", type: "string", value: (object) => String(Object.keys(object.data ?? {}).length) },
    ageColumn,
  ],
  selectableFields: { type: (object) => object.type ?? "" },
});
