import type { TypedLocalObjectReference } from "kubernetes-types/core/v1.d.ts";
import type { ListMeta, ObjectMeta } from "kubernetes-types/meta/v1.d.ts";
import type { IngressClassSpec, IngressLoadBalancerStatus, IngressTLS } from "kubernetes-types/networking/v1.d.ts";
/** Ingress as it was before Kubernetes 1.22: rules that lead HTTP requests from outside to Services. */
export interface Ingress {
  apiVersion?: string;
  kind?: string;
  /** Standard object's metadata. */
  metadata?: ObjectMeta;
  /** What is wanted of the Ingress. */
  spec?: IngressSpec;
  /** What has become of it. */
  status?: IngressStatus;
}
/** A list of Ingresses. */
export interface IngressList {
  apiVersion?: string;
  /** The Ingresses. */
  items: Array<Ingress>;
  kind?: string;
  /** Standard list metadata. */
  metadata?: ListMeta;
}
/** What an Ingress asks for. */
export interface IngressSpec {
  /** Takes requests that no rule matches. */
  backend?: IngressBackend;
  /** Name of the IngressClass, and so of the controller that serves the Ingress. */
  ingressClassName?: string;
  /** Rules by host; requests that match none go to the backend above. */
  rules?: Array<IngressRule>;
  /** Certificates by host. */
  tls?: Array<IngressTLS>;
}
/** Where requests are sent: a port of a Service, or an object of another kind. */
export interface IngressBackend {
  /** An object in the Ingress's namespace, in place of a Service. */
  resource?: TypedLocalObjectReference;
  /** Name of the Service. */
  serviceName?: string;
  /** The Service's port, by number or name. */
  servicePort?: number | string;
}
/** What happens to requests for a host. */
export interface IngressRule {
  /** A name such as `foo.bar.com` or `*.foo.com`; every host if absent. */
  host?: string;
  /** Backends by path. */
  http?: HTTPIngressRuleValue;
}
/** Backends by path. */
export interface HTTPIngressRuleValue {
  /** The paths. */
  paths: Array<HTTPIngressPath>;
}
/** A path and the backend for requests to it. */
export interface HTTPIngressPath {
  /** Where requests are sent. */
  backend: IngressBackend;
  /** What the request's path is compared with. */
  path?: string;
  /** How it is compared: Exact, Prefix or ImplementationSpecific, which is the default. */
  pathType?: string;
}
/** Where the Ingress is reached. */
export interface IngressStatus {
  /** Addresses of the load balancer. */
  loadBalancer?: IngressLoadBalancerStatus;
}
/** A class of Ingresses, served by one controller. */
export interface IngressClass {
  apiVersion?: string;
  kind?: string;
  /** Standard object's metadata. */
  metadata?: ObjectMeta;
  /** What is wanted of the class. */
  spec?: IngressClassSpec;
}
/** A list of IngressClasses. */
export interface IngressClassList {
  apiVersion?: string;
  /** The classes. */
  items: Array<IngressClass>;
  kind?: string;
  /** Standard list metadata. */
  metadata?: ListMeta;
}
