/** Families of a Service's addresses, in a cluster that has IPv4 only: https://kubernetes.io/docs/concepts/services-networking/dual-stack/#services */
import { type FieldError, invalid } from "../../machinery/field-error.ts";
import type { Service } from "../../machinery/types.ts";
import { isHeadless, needsClusterIp } from "./needs.ts";

/** In place. */
export function setIpFamilies(object: Service): FieldError[] {
  const { spec } = object;
  if (!spec || !needsClusterIp(object)) return [];
  // Whose endpoints somebody else writes may have addresses of any family.
  if (isHeadless(object) && Object.keys(spec.selector ?? {}).length === 0) {
    spec.ipFamilyPolicy ??= "RequireDualStack";
    if ((spec.ipFamilies ?? []).length === 0) {
      spec.ipFamilies = spec.ipFamilyPolicy === "SingleStack" ? ["IPv4"] : ["IPv4", "IPv6"];
    }
    return [];
  }
  const families = spec.ipFamilies ?? [];
  const errors = families.flatMap((family, index) =>
    family === "IPv6" ? [invalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster")] : [],
  );
  if (spec.ipFamilyPolicy === "RequireDualStack") {
    const detail = "this cluster is not configured for dual-stack services";
    errors.push(invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, detail));
  }
  if (errors.length > 0) return errors;
  spec.ipFamilyPolicy ??= "SingleStack";
  if (families.length === 0) spec.ipFamilies = ["IPv4"];
  return [];
}
