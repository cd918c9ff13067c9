import type { Pod, Service } from "../../machinery/types.ts";

/**
 * Whether the Service's selector matches the Pod. A Service without a selector selects nothing: its endpoints are
 * somebody else's. Called for every Service of a namespace on each change of a Pod, so it allocates nothing.
 */
export function selects(service: Service, pod: Pod): boolean {
  const selector = service.spec?.selector;
  if (!selector) return false;
  const labels = pod.metadata?.labels;
  let any = false;
  for (const key in selector) {
    if (labels?.[key] !== selector[key]) return false;
    any = true;
  }
  return any;
}
