export interface PodSpec {
  /** Requests and limits of all containers together (pod-level resources). Containers may set less, never more. */
  resources?: ResourceRequirements;
}
export interface PodStatus {
  /** metadata.generation of the Pod when the status was written. */
  observedGeneration?: number;
}
export interface PodCondition {
  /** metadata.generation of the Pod when the condition was set. */
  observedGeneration?: number;
}
export interface PodSecurityContext {
  /** How the supplemental groups of the first process are computed: Merge (with the image's groups) or Strict. */
  supplementalGroupsPolicy?: string;
  /** How volumes are relabelled for SELinux: Recursive or MountOption. */
  seLinuxChangePolicy?: string;
}
export interface Lifecycle {
  /** Signal that stops the container, instead of the one its image names. */
  stopSignal?: string;
}
export interface ContainerStatus {
  /** Health of the resources (devices) allocated to the container. */
  allocatedResourcesStatus?: Array<ResourceStatus>;
  /** The identity of the container's first process. */
  user?: ContainerUser;
  /** Signal that stops the container. */
  stopSignal?: string;
}
/** The identity of a container's first process. */
export interface ContainerUser {
  /** The identity on Linux. */
  linux?: LinuxContainerUser;
}
/** User and groups of a process on Linux. */
export interface LinuxContainerUser {
  /** Primary user id. */
  uid: number;
  /** Primary group id. */
  gid: number;
  /** Further group ids. */
  supplementalGroups?: Array<number>;
}
/** Health of one kind of resource given to a container. */
export interface ResourceStatus {
  /** Name of the resource, or claim:<claim>/<request>. */
  name: string;
  /** Health of each instance. */
  resources?: Array<ResourceHealth>;
}
/** Health of one resource instance. */
export interface ResourceHealth {
  /** Unique id of the resource. */
  resourceID: string;
  /** Healthy, Unhealthy or Unknown. */
  health?: string;
}
export interface Volume {
  /** An OCI image or artifact, mounted read-only. */
  image?: ImageVolumeSource;
}
/** An OCI image or artifact as a volume. */
export interface ImageVolumeSource {
  /** When to pull: Always, IfNotPresent or Never. */
  pullPolicy?: string;
  /** Name of the image or artifact. */
  reference?: string;
}
export interface ResourceClaim {
  /** Name of one request in the claim; all of them if empty. */
  request?: string;
}
export interface PodResourceClaim {
  /** Name of a ResourceClaim in the Pod's namespace. */
  resourceClaimName?: string;
  /** Name of a ResourceClaimTemplate in the Pod's namespace. */
  resourceClaimTemplateName?: string;
}
export interface NodeStatus {
  /** Features of the container runtime. */
  features?: NodeFeatures;
}
/** Features of the container runtime that do not depend on its handlers. */
export interface NodeFeatures {
  /** Whether the runtime honours supplementalGroupsPolicy and reports containers' users. */
  supplementalGroupsPolicy?: boolean;
}
export interface NodeSystemInfo {
  /** Swap of the node. */
  swap?: NodeSwapStatus;
}
/** Swap of a node. */
export interface NodeSwapStatus {
  /** In bytes. */
  capacity?: number;
}
export interface NodeRuntimeHandlerFeatures {
  /** Whether the handler supports user namespaces. */
  userNamespaces?: boolean;
}
