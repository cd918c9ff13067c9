/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/namespace-v1/ */
import { ageColumn, nameColumn } from "../../machinery/columns.ts";
import { defineKind, type UpdateSubresource } from "../../machinery/kind.ts";
import { namespaces } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Namespace } from "../../machinery/types.ts";
import { dns1123LabelErrors } from "../../machinery/validation/names.ts";
import { keepStatus } from "../status.ts";

/** Holds a deleted Namespace back until its controller has emptied it. */
const finalizer = "kubernetes";
/** Without these the cluster itself could not work. Rule: the NamespaceLifecycle admission plugin. */
const immortal: readonly string[] = ["default", "kube-system", "kube-public"];

/** How the namespace controller says that a Namespace is empty. */
const finalize: UpdateSubresource<Namespace> = {
  type: "update",
  change(next, sent: Namespace) {
    next.spec = { ...next.spec, finalizers: sent.spec?.finalizers ?? [] };
  },
};

export const namespace = defineKind<Namespace>({
  resource: namespaces,
  singular: "namespace",
  shortNames: ["ns"],
  verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
  schema: "core.v1.Namespace",
  generation: false,
  status: true,
  validateName: dns1123LabelErrors,
  defaults(object) {
    if (!object.metadata?.name) return;
    object.metadata.labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name };
  },
  prepareForCreate(object) {
    object.status = { phase: "Active" };
    object.spec = { ...object.spec, finalizers: [...new Set([...(object.spec?.finalizers ?? []), finalizer])] };
  },
  prepareForUpdate(object, old) {
    object.spec = { ...object.spec, ...(old.spec?.finalizers && { finalizers: [...old.spec.finalizers] }) };
    keepStatus(object, old);
  },
  admitDelete(object) {
    const { name } = object.metadata;
    if (immortal.includes(name)) throw StatusError.forbidden(namespaces, name, "this namespace may not be deleted");
  },
  prepareForDelete(object) {
    object.status = { ...object.status, phase: "Terminating" };
  },
  heldBack: (object) => (object.spec?.finalizers ?? []).length > 0,
  columns: [nameColumn, { name: "Status", type: "string", value: (object) => object.status?.phase ?? "" }, ageColumn],
  selectableFields: { "status.phase": (object) => object.status?.phase ?? "" },
  subresources: { finalize },
});
