/**
 * The Kubernetes API types that Skiff's code works with, taken from the `kubernetes-types`
 * declarations and made writable (those mark server-populated fields `readonly`; Skiff is the server).
 */
import type * as apps from "kubernetes-types/apps/v1.d.ts";
import type * as authentication from "kubernetes-types/authentication/v1.d.ts";
import type * as authorization from "kubernetes-types/authorization/v1.d.ts";
import type * as autoscaling from "kubernetes-types/autoscaling/v1.d.ts";
import type * as coordination from "kubernetes-types/coordination/v1.d.ts";
import type * as core from "kubernetes-types/core/v1.d.ts";
import type * as discovery from "kubernetes-types/discovery/v1.d.ts";
import type * as eventsGroup from "kubernetes-types/events/v1.d.ts";
import type * as meta from "kubernetes-types/meta/v1.d.ts";
import type * as networking from "kubernetes-types/networking/v1.d.ts";
import type * as policy from "kubernetes-types/policy/v1.d.ts";

/** `T` with every `readonly` removed, at every depth. */
export type Mutable<T> = T extends (infer U)[]
  ? Mutable<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T;

export type ObjectMeta = Mutable<meta.ObjectMeta>;
export type OwnerReference = Mutable<meta.OwnerReference>;
export type LabelSelector = Mutable<meta.LabelSelector>;

export type Namespace = Mutable<core.Namespace>;
export type Node = Mutable<core.Node>;
export type NodeCondition = Mutable<core.NodeCondition>;
export type Pod = Mutable<core.Pod>;
export type PodSpec = Mutable<core.PodSpec>;
export type PodStatus = Mutable<core.PodStatus>;
export type PodCondition = Mutable<core.PodCondition>;
export type PodTemplateSpec = Mutable<core.PodTemplateSpec>;
export type PodTemplate = Mutable<core.PodTemplate>;
export type Container = Mutable<core.Container>;
export type ContainerState = Mutable<core.ContainerState>;
export type ContainerStatus = Mutable<core.ContainerStatus>;
export type Probe = Mutable<core.Probe>;
export type Toleration = Mutable<core.Toleration>;
export type Volume = Mutable<core.Volume>;
export type ReplicationController = Mutable<core.ReplicationController>;
export type Service = Mutable<core.Service>;
export type ServicePort = Mutable<core.ServicePort>;
export type Endpoints = Mutable<core.Endpoints>;
export type ConfigMap = Mutable<core.ConfigMap>;
export type Secret = Mutable<core.Secret>;
export type ServiceAccount = Mutable<core.ServiceAccount>;
export type Event = Mutable<core.Event>;
export type Binding = Mutable<core.Binding>;
export type ObjectReference = Mutable<core.ObjectReference>;

export type Deployment = Mutable<apps.Deployment>;
export type ReplicaSet = Mutable<apps.ReplicaSet>;
export type StatefulSet = Mutable<apps.StatefulSet>;
export type ControllerRevision = Mutable<apps.ControllerRevision>;

export type EndpointSlice = Mutable<discovery.EndpointSlice>;
export type Endpoint = Mutable<discovery.Endpoint>;
export type Ingress = Mutable<networking.Ingress>;
export type IngressBackend = Mutable<networking.IngressBackend>;
export type IngressClass = Mutable<networking.IngressClass>;
export type Lease = Mutable<coordination.Lease>;

/** `events.k8s.io/v1`: the same Events under other names of fields. */
export type EventV1 = Mutable<eventsGroup.Event>;
export type Scale = Mutable<autoscaling.Scale>;
export type Eviction = Mutable<policy.Eviction>;

export type TokenRequest = Mutable<authentication.TokenRequest>;
export type SelfSubjectReview = Mutable<authentication.SelfSubjectReview>;
export type SelfSubjectAccessReview = Mutable<authorization.SelfSubjectAccessReview>;
export type SelfSubjectRulesReview = Mutable<authorization.SelfSubjectRulesReview>;
export type SubjectAccessReview = Mutable<authorization.SubjectAccessReview>;
export type LocalSubjectAccessReview = Mutable<authorization.LocalSubjectAccessReview>;
