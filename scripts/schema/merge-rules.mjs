/**
 * How lists and maps of each type merge, in server-side apply (`listType`, `mapType`) and in strategic merge patch
 * (`patchStrategy`). The TypeScript declarations do not carry this. Whatever is not listed is Kubernetes' default:
 * lists are atomic and replaced whole, maps are granular.
 * Facts: the `x-kubernetes-*` extensions of Kubernetes' published OpenAPI document;
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
const map = (...keys) => ({ listType: "map", listMapKeys: keys });
/** A list map that strategic merge patch merges too, by the first key. */
const mergedMap = (...keys) => ({ ...map(...keys), patchMergeKey: keys[0], patchStrategy: "merge" });
/** As {@link mergedMap}; the patch may also say which fields of an item stay (`$retainKeys`). */
const retainedMap = (...keys) => ({ ...mergedMap(...keys), patchStrategy: "merge,retainKeys" });
/** Atomic for server-side apply, merged by strategic merge patch. */
const patchedBy = (key) => ({ patchMergeKey: key, patchStrategy: "merge" });
const set = { listType: "set" };
const mergedSet = { listType: "set", patchStrategy: "merge" };
const retainKeys = { patchStrategy: "retainKeys" };
const replaced = { patchStrategy: "replace" };
const atomicMap = { mapType: "atomic" };
const granularMap = { mapType: "granular" };

/** Definition → field → rule; `self` is the definition itself wherever it is used. */
export const mergeRules = {
  "admissionregistration.v1.MatchResources": { self: atomicMap },
  "admissionregistration.v1.MutatingWebhook": { matchConditions: mergedMap("name") },
  "admissionregistration.v1.MutatingWebhookConfiguration": { webhooks: mergedMap("name") },
  "admissionregistration.v1.NamedRuleWithOperations": { self: atomicMap },
  "admissionregistration.v1.ParamKind": { self: atomicMap },
  "admissionregistration.v1.ParamRef": { self: atomicMap },
  "admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec": { validationActions: set },
  "admissionregistration.v1.ValidatingAdmissionPolicySpec": {
    matchConditions: mergedMap("name"),
    variables: mergedMap("name"),
  },
  "admissionregistration.v1.ValidatingAdmissionPolicyStatus": { conditions: map("type") },
  "admissionregistration.v1.ValidatingWebhook": { matchConditions: mergedMap("name") },
  "admissionregistration.v1.ValidatingWebhookConfiguration": { webhooks: mergedMap("name") },
  "admissionregistration.v1.Variable": { self: atomicMap },
  "apiextensions.v1.CustomResourceDefinitionStatus": { conditions: map("type") },
  "apiextensions.v1.JSONSchemaProps": { "x-kubernetes-validations": mergedMap("rule") },
  "apiregistration.v1.APIServiceStatus": { conditions: mergedMap("type") },
  "apps.v1.DaemonSetStatus": { conditions: mergedMap("type") },
  "apps.v1.DeploymentSpec": { strategy: retainKeys },
  "apps.v1.DeploymentStatus": { conditions: mergedMap("type") },
  "apps.v1.ReplicaSetStatus": { conditions: mergedMap("type") },
  "apps.v1.StatefulSetStatus": { conditions: mergedMap("type") },
  "autoscaling.v1.CrossVersionObjectReference": { self: atomicMap },
  "autoscaling.v2.HorizontalPodAutoscalerStatus": { conditions: mergedMap("type") },
  "batch.v1.JobStatus": { conditions: patchedBy("type") },
  "batch.v1.PodFailurePolicyOnExitCodesRequirement": { values: set },
  "batch.v1.UncountedTerminatedPods": { failed: set, succeeded: set },
  "certificates.v1.CertificateSigningRequestStatus": { conditions: map("type") },
  "core.v1.ComponentStatus": { conditions: mergedMap("type") },
  "core.v1.ConfigMapKeySelector": { self: atomicMap },
  "core.v1.Container": {
    env: mergedMap("name"),
    ports: mergedMap("containerPort", "protocol"),
    volumeDevices: mergedMap("devicePath"),
    volumeMounts: mergedMap("mountPath"),
  },
  "core.v1.ContainerStatus": { allocatedResourcesStatus: mergedMap("name"), volumeMounts: mergedMap("mountPath") },
  "core.v1.EndpointAddress": { self: atomicMap },
  "core.v1.EndpointPort": { self: atomicMap },
  "core.v1.EphemeralContainer": {
    env: mergedMap("name"),
    ports: mergedMap("containerPort", "protocol"),
    volumeDevices: mergedMap("devicePath"),
    volumeMounts: mergedMap("mountPath"),
  },
  "core.v1.LocalObjectReference": { self: atomicMap },
  "core.v1.NamespaceStatus": { conditions: mergedMap("type") },
  "core.v1.NodeSelector": { self: atomicMap },
  "core.v1.NodeSelectorTerm": { self: atomicMap },
  "core.v1.NodeSpec": { podCIDRs: mergedSet },
  "core.v1.NodeStatus": { addresses: mergedMap("type"), conditions: mergedMap("type") },
  "core.v1.ObjectFieldSelector": { self: atomicMap },
  "core.v1.ObjectReference": { self: atomicMap },
  "core.v1.PersistentVolumeClaimStatus": { allocatedResourceStatuses: granularMap, conditions: mergedMap("type") },
  "core.v1.PersistentVolumeSpec": { claimRef: granularMap },
  "core.v1.PodSpec": {
    containers: mergedMap("name"),
    ephemeralContainers: mergedMap("name"),
    hostAliases: mergedMap("ip"),
    imagePullSecrets: mergedMap("name"),
    initContainers: mergedMap("name"),
    nodeSelector: atomicMap,
    resourceClaims: retainedMap("name"),
    schedulingGates: mergedMap("name"),
    topologySpreadConstraints: mergedMap("topologyKey", "whenUnsatisfiable"),
    volumes: retainedMap("name"),
  },
  "core.v1.PodStatus": {
    conditions: mergedMap("type"),
    hostIPs: patchedBy("ip"),
    podIPs: mergedMap("ip"),
    resourceClaimStatuses: retainedMap("name"),
  },
  "core.v1.ReplicationControllerSpec": { selector: atomicMap },
  "core.v1.ReplicationControllerStatus": { conditions: mergedMap("type") },
  "core.v1.ResourceFieldSelector": { self: atomicMap },
  "core.v1.ResourceRequirements": { claims: map("name") },
  "core.v1.ResourceStatus": { resources: map("resourceID") },
  "core.v1.ScopeSelector": { self: atomicMap },
  "core.v1.SecretKeySelector": { self: atomicMap },
  "core.v1.SecretReference": { self: atomicMap },
  "core.v1.ServiceAccount": { secrets: mergedMap("name") },
  "core.v1.ServiceSpec": { ports: mergedMap("port", "protocol"), selector: atomicMap },
  "core.v1.ServiceStatus": { conditions: mergedMap("type") },
  "core.v1.TopologySelectorTerm": { self: atomicMap },
  "core.v1.TypedLocalObjectReference": { self: atomicMap },
  "discovery.v1.Endpoint": { addresses: set },
  "discovery.v1.EndpointPort": { self: atomicMap },
  "meta.v1.LabelSelector": { self: atomicMap },
  "meta.v1.ObjectMeta": { finalizers: mergedSet, ownerReferences: mergedMap("uid") },
  "meta.v1.OwnerReference": { self: atomicMap },
  "networking.v1.ServiceBackendPort": { self: atomicMap },
  "networking.v1.ServiceCIDRStatus": { conditions: mergedMap("type") },
  "node.v1.Scheduling": { nodeSelector: atomicMap },
  "policy.v1.PodDisruptionBudgetSpec": { selector: replaced },
  "policy.v1.PodDisruptionBudgetStatus": { conditions: mergedMap("type") },
  "rbac.v1.RoleRef": { self: atomicMap },
  "rbac.v1.Subject": { self: atomicMap },
  "storage.v1.CSIDriverSpec": { volumeLifecycleModes: set },
  "storage.v1.CSINodeSpec": { drivers: mergedMap("name") },
};
