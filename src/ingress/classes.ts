/** Which Ingresses the embedded controller serves. Rule: https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class */
import type { Client } from "../machinery/client.ts";
import { classAnnotation } from "../machinery/ingress-annotations.ts";
import { adoptedClass, ingressController } from "../machinery/ingress-class.ts";
import { ingressClasses } from "../machinery/resource.ts";
import type { Ingress } from "../machinery/types.ts";

export function isServedHere(object: Ingress, client: Pick<Client, "get">): boolean {
  const name = object.spec?.ingressClassName ?? object.metadata?.annotations?.[classAnnotation];
  if (!name) return false;
  const found = client.get(ingressClasses, { name });
  return found ? found.spec?.controller === ingressController : name === adoptedClass;
}
