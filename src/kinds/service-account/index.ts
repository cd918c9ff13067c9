/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/service-account-v1/ */
import { ageColumn, nameColumn } from "../../machinery/columns.ts";
import { defineKind } from "../../machinery/kind.ts";
import { serviceAccounts } from "../../machinery/resource.ts";
import type { ServiceAccount } from "../../machinery/types.ts";
import { tokenSubresource } from "./token.ts";

export const serviceAccount = defineKind<ServiceAccount>({
  resource: serviceAccounts,
  singular: "serviceaccount",
  shortNames: ["sa"],
  schema: "core.v1.ServiceAccount",
  generation: false,
  columns: [
    nameColumn,
    { name: "Secrets", type: "string", value: (object) => String(object.secrets?.length ?? 0) },
    ageColumn,
  ],
  subresources: { token: tokenSubresource },
});
