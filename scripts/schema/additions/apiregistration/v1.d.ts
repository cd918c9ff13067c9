import type { ListMeta, ObjectMeta, Time } from "kubernetes-types/meta/v1.d.ts";
/** APIService makes a server for a group and version known. */
export interface APIService {
  /** Versioned schema of this representation of the object. */
  apiVersion?: "apiregistration.k8s.io/v1";
  /** The kind of the object. */
  kind?: "APIService";
  /** Standard object's metadata. */
  metadata?: ObjectMeta;
  /** Where the group and version are served. */
  spec?: APIServiceSpec;
  /** Whether they can be reached. */
  status?: APIServiceStatus;
}
/** A list of APIServices. */
export interface APIServiceList {
  /** Versioned schema of this representation of the object. */
  apiVersion?: "apiregistration.k8s.io/v1";
  /** The APIServices. */
  items: Array<APIService>;
  /** The kind of the object. */
  kind?: "APIServiceList";
  /** Standard list metadata. */
  metadata?: ListMeta;
}
/** Where a group and version are served. */
export interface APIServiceSpec {
  /** PEM bundle that the serving certificate is checked with. */
  caBundle?: string;
  /** API group. */
  group?: string;
  /** Priority of the group; higher first. */
  groupPriorityMinimum: number;
  /** Skips the check of the serving certificate. */
  insecureSkipTLSVerify?: boolean;
  /** The Service that serves it; absent for the API server itself. */
  service?: ServiceReference;
  /** API version. */
  version?: string;
  /** Priority of the version within its group; higher first. */
  versionPriority: number;
}
/** Whether an APIService can be reached. */
export interface APIServiceStatus {
  /** Present state. */
  conditions?: Array<APIServiceCondition>;
}
/** One aspect of the state of an APIService. */
export interface APIServiceCondition {
  /** Last change of status. */
  lastTransitionTime?: Time;
  /** Text for people. */
  message?: string;
  /** Reason in one word. */
  reason?: string;
  /** True, False or Unknown. */
  status: string;
  /** Type of the condition. */
  type: string;
}
/** A Service. */
export interface ServiceReference {
  /** Name of the Service. */
  name?: string;
  /** Namespace of the Service. */
  namespace?: string;
  /** Port of the Service; 443 if absent. */
  port?: number;
}
