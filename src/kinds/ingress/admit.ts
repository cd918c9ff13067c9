/**
 * The class of an Ingress. Rule: https://kubernetes.io/docs/concepts/services-networking/ingress/#default-ingress-class
 * and the admission plugin DefaultIngressClass, which acts on creation only.
 */
import { invalid } from "../../machinery/field-error.ts";
import { classAnnotation } from "../../machinery/ingress-annotations.ts";
import { adoptedClass, defaultClassAnnotation } from "../../machinery/ingress-class.ts";
import type { AdmissionContext } from "../../machinery/kind.ts";
import type { Stored } from "../../machinery/object.ts";
import { ingressClasses } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Ingress, IngressClass } from "../../machinery/types.ts";

/** In place. @throws StatusError Invalid when annotation and field name different classes. */
export function admitIngress(object: Ingress, old: Stored<Ingress> | undefined, context: AdmissionContext): void {
  const { spec = {} } = object;
  object.spec = spec;
  const annotated = object.metadata?.annotations?.[classAnnotation];
  if (old === undefined) {
    if (annotated !== undefined && spec.ingressClassName !== undefined && annotated !== spec.ingressClassName) {
      const message = "must match `ingressClassName` when both are specified";
      const errors = [invalid(`annotations.${classAnnotation}`, annotated, message)];
      const { group, kind } = { group: "networking.k8s.io", kind: "Ingress" };
      throw StatusError.invalid({ group, kind }, object.metadata?.name ?? "", errors);
    }
    if (annotated === undefined && spec.ingressClassName === undefined) {
      const chosen = defaultClass(context.read.list(ingressClasses));
      if (chosen) spec.ingressClassName = chosen.metadata.name;
    }
  }
  if (annotated !== undefined && spec.ingressClassName === undefined) {
    context.warn(`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`);
  }
  warnOfClass(spec.ingressClassName ?? annotated, context);
}

/** The newest of several: a class made default by mistake is easily made not to be, and new ones are meant. */
function defaultClass(classes: readonly Stored<IngressClass>[]): Stored<IngressClass> | undefined {
  const marked = classes.filter(({ metadata }) => metadata.annotations?.[defaultClassAnnotation] === "true");
  const created = ({ metadata }: Stored<IngressClass>): string => metadata.creationTimestamp;
  return marked.reduce<Stored<IngressClass> | undefined>(
    (newest, candidate) => (newest && created(newest) >= created(candidate) ? newest : candidate),
    undefined,
  );
}

/** Kubernetes says nothing of an Ingress that nobody serves. */
function warnOfClass(name: string | undefined, context: AdmissionContext): void {
  if (name === undefined) {
    context.warn(
      "spec.ingressClassName: none is given and no IngressClass is the default, so nothing serves this Ingress",
    );
  } else if (name !== adoptedClass && !context.read.get(ingressClasses, { name })) {
    context.warn(`spec.ingressClassName: there is no IngressClass "${name}" yet, so nothing serves this Ingress`);
  }
}
