export interface DeploymentStatus {
  /** Number of Pods that are terminating: deletionTimestamp set, not yet Failed or Succeeded. */
  terminatingReplicas?: number;
}
export interface ReplicaSetStatus {
  /** Number of Pods that are terminating: deletionTimestamp set, not yet Failed or Succeeded. */
  terminatingReplicas?: number;
}
