/** What an instance of Skiff was started with, and never changes while it runs. */
export type ProxyMode = "nftables" | "userspace";

export interface ClusterSettings {
  /** The instance's name, in labels, the Docker network `skiff-<name>` and the kubeconfig context. */
  name: string;
  /** Absolute path. Holds the database, certificates, kubeconfig, sockets, Pods' volumes and the log. */
  dataDir: string;
  /** The one node's name: the host's name, lower case. */
  nodeName: string;
  /** Address of the host that Pods and the node object use. */
  nodeAddress: string;
  apiPort: number;
  /** `10.244.0.0/16` */
  podCidr: string;
  /** `10.96.0.0/12`: its first address is `kubernetes`, its tenth `kube-dns`. */
  serviceCidr: string;
  /** Both ends included. */
  nodePortRange: { from: number; to: number };
  /** Where the Ingress controller listens, once it does: no Service may have these as node ports. */
  ingressPorts?: { http: number; https: number };
  /** `cluster.local` */
  clusterDomain: string;
  proxyMode: ProxyMode;
  /** False where this host's kernel has no SCTP: objects that need it are refused. */
  sctp?: boolean;
}

/** Key of the label that everything Skiff creates outside itself carries; its value is the instance's name. */
export const instanceLabel = "skiff.dev/instance";

/** Version of Kubernetes whose API Skiff speaks. */
export const kubernetesVersion = "v1.33.0";
