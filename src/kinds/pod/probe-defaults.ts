/** Defaults of probes and lifecycle hooks: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe */
import type { Container, Probe } from "../../machinery/types.ts";

type HttpGet = NonNullable<Probe["httpGet"]>;

export function defaultProbe(probe: Probe): void {
  if (probe.httpGet) defaultHttpGet(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= "";
  // Nought means "not said" for all four, as in the API's own types.
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
}

export function defaultLifecycle(lifecycle: NonNullable<Container["lifecycle"]>): void {
  if (lifecycle.postStart?.httpGet) defaultHttpGet(lifecycle.postStart.httpGet);
  if (lifecycle.preStop?.httpGet) defaultHttpGet(lifecycle.preStop.httpGet);
}

function defaultHttpGet(httpGet: HttpGet): void {
  httpGet.path ||= "/";
  httpGet.scheme ||= "HTTP";
}
