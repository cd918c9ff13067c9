/** What the kubelet's Events are about. */
import type { Stored } from "../machinery/object.ts";
import type { ObjectReference, Pod } from "../machinery/types.ts";

/** A container of a Pod: its Events name the field (`spec.containers{web}`). */
export function containerReference(pod: Stored<Pod>, container: string): ObjectReference {
  const init = pod.spec?.initContainers?.some(({ name }) => name === container);
  return { ...podReference(pod), fieldPath: `spec.${init ? "initContainers" : "containers"}{${container}}` };
}

export function podReference(pod: Stored<Pod>): ObjectReference {
  const { name, namespace, uid, resourceVersion } = pod.metadata;
  return { apiVersion: "v1", kind: "Pod", name, ...(namespace && { namespace }), uid, resourceVersion };
}
