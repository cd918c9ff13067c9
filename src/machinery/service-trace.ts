/** What `skiff trace` is told by the daemon. */

export interface TracedPod {
  pod: string;
  /** In the Service's first family. */
  ip?: string;
  /** Why it gets no connections. */
  excluded?: string;
  /** What is unusual about an endpoint. */
  note?: string;
}

export interface TracedConnection {
  /** `TCP 10.96.7.10:80`; the port's name behind it, where it has one. */
  to: string;
  /** Endpoint that was chosen: `10.244.0.5:9376`. */
  endpoint?: string;
  /** Name of the Pod there, where it is one. */
  pod?: string;
  ms?: number;
  /** Why there was no connection. */
  failure?: string;
}

export interface ServiceTrace {
  service: string;
  type: string;
  /** None for headless and ExternalName Services. */
  clusterIPs: string[];
  dns: { name: string; server: string; answers: string[]; ms: number; failure?: string };
  /** Endpoints without {@link TracedPod.excluded}, then the Pods that are none. */
  pods: TracedPod[];
  /** Endpoints that are no Pods that it selects: `192.0.2.5:80`. */
  others: string[];
  /** Endpoints that are neither, and why: `192.0.2.5: not ready`. */
  excludedOthers: string[];
  nearMisses: TracedPod[];
  /** One per TCP port and cluster IP. */
  connections: TracedConnection[];
}
