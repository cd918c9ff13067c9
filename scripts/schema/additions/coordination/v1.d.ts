export interface LeaseSpec {
  /** How the leader is picked in coordinated leader election. */
  strategy?: string;
  /** Tells the holder to give way to this identity. */
  preferredHolder?: string;
}
