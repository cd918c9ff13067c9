/** Refuses SCTP where the kernel has none. */
import { type FieldError, notSupported } from "../../machinery/field-error.ts";
import type { KindDefinition } from "../../machinery/kind.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import type { ClusterSettings } from "../../machinery/settings.ts";

/**
 * What a Kubernetes without the feature says: an object that has SCTP already keeps it, and can be written.
 * Rule: KEP-614; kubernetes/kubernetes 1.18 `pkg/apis/core/validation/conditional_validation.go` (gate `SCTPSupport`).
 */
export function unsupportedProtocols(
  definition: KindDefinition,
  { sctp = true }: ClusterSettings,
  object: KubeObject,
  old?: Stored<KubeObject>,
): FieldError[] {
  if (sctp || (old && definition.sctpFields?.(old).length)) return [];
  return (definition.sctpFields?.(object) ?? []).map((field) => notSupported(field, "SCTP", ["TCP", "UDP"]));
}
