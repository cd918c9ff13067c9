/** Names of a Pod. Rule: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-hostname-and-subdomain-fields */
import type { Stored } from "../machinery/object.ts";
import type { Pod } from "../machinery/types.ts";

/** Linux allows a host name 64 bytes; Kubernetes stops at 63, and at a letter or digit. */
const longest = 63;

export interface PodNames {
  /** What `hostname` says. */
  hostname: string;
  /** Names of the Pod's own address in `/etc/hosts`, the fully qualified one first. */
  hosts: string[];
}

export function podNames(pod: Stored<Pod>, clusterDomain: string): PodNames {
  const { hostname: chosen, subdomain, setHostnameAsFQDN } = pod.spec ?? {};
  const hostname = (chosen || pod.metadata.name).slice(0, longest).replace(/[-.]+$/, "");
  if (!subdomain) return { hostname, hosts: [hostname] };
  const fqdn = `${hostname}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`;
  return { hostname: setHostnameAsFQDN ? fqdn : hostname, hosts: [fqdn, hostname] };
}
