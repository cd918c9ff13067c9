/** Which Ingresses the embedded controller serves. Rule: https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class */

/** `spec.controller` of the classes that the embedded controller serves. */
export const ingressController = "skiff.dev/ingress";

/** The class that every instance has from its first start. */
export const ownClass = "skiff";

/**
 * The class that most manifests name. They are served too as long as nobody brings a class of that name with a controller
 * of its own: they were written for one whose annotations are honoured here.
 */
export const adoptedClass = "nginx";

/** With `"true"` on an IngressClass: Ingresses that name no class get this one. */
export const defaultClassAnnotation = "ingressclass.kubernetes.io/is-default-class";
