/** What an instance of Skiff was started with, and never changes while it runs. */
export type ProxyMode = "nftables" | "userspace";

/** What a dual-stack cluster has besides. */
export interface Ipv6Settings {
  /** `fd00:10:244::/64`: a Pod has the address at the same place in it as in the IPv4 range. */
  podCidr: string;
  /** `fd00:10:96::/112` */
  serviceCidr: string;
  /** Address of the host; absent where it has none but loopback and link-local ones. */
  nodeAddress?: string;
}

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
  /** Present in a dual-stack cluster; its addresses are the second ones: docs/adr/0015-dual-stack.md */
  ipv6?: Ipv6Settings;
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
