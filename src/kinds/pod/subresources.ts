import type { ConnectSubresource, Subresource } from "../../machinery/kind.ts";
import type { Pod } from "../../machinery/types.ts";
import { bindingSubresource } from "./binding.ts";
import { evictionSubresource } from "./eviction.ts";

function connect(kind: string, ...methods: string[]): ConnectSubresource {
  return { type: "connect", methods, kind: { group: "", version: "v1", kind } };
}

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Operations */
export const podSubresources: Readonly<Record<string, Subresource<Pod>>> = {
  attach: connect("PodAttachOptions", "GET", "POST"),
  binding: bindingSubresource,
  eviction: evictionSubresource,
  exec: connect("PodExecOptions", "GET", "POST"),
  log: connect("Pod", "GET"),
  portforward: connect("PodPortForwardOptions", "GET", "POST"),
  proxy: connect("PodProxyOptions", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"),
};
