/** Rule: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
import { type FieldError, invalid } from "../../machinery/field-error.ts";
import type { Event } from "../../machinery/types.ts";

export function validateEvent(object: Event): FieldError[] {
  const namespace = object.metadata?.namespace ?? "";
  const about = object.involvedObject.namespace ?? "";
  // Events about cluster-scoped objects live in `default`, as there is no better place.
  if (about === "" ? namespace === "default" || namespace === "" || namespace === "kube-system" : about === namespace)
    return [];
  return [invalid("involvedObject.namespace", about, "does not match event.namespace")];
}
