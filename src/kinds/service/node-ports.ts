/** Gives the ports of a Service their ports on the host: https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport */
import { type FieldError, invalid } from "../../machinery/field-error.ts";
import type { AdmissionContext } from "../../machinery/kind.ts";
import type { Stored } from "../../machinery/object.ts";
import { services } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Service, ServicePort } from "../../machinery/types.ts";
import { allocate, inPool, portPool } from "./allocation.ts";
import { portsOf } from "./in-use.ts";
import { needsHealthCheckPort, needsNodePorts, wantsNodePorts } from "./needs.ts";

/** In place. @throws StatusError InternalError when the range is full. */
export function allocateNodePorts(
  object: Service,
  old: Stored<Service> | undefined,
  context: AdmissionContext,
): FieldError[] {
  if (!object.spec || !needsNodePorts(object)) return [];
  const ports = object.spec.ports ?? [];
  const range = context.settings.nodePortRange;
  const pool = portPool(range);
  const taken = portsOf(context.read.list(services), old);
  for (const port of Object.values(context.settings.ingressPorts ?? {})) taken.add(port);
  const kept = new Set((old?.spec?.ports ?? []).map((port) => port.nodePort));
  const errors: FieldError[] = [];
  for (const [index, { nodePort }] of ports.entries()) {
    // One that the Service has already stays, even if the range has been made smaller since.
    if (!nodePort || kept.has(nodePort)) continue;
    const field = `spec.ports[${index}].nodePort`;
    if (!inPool(pool, nodePort)) {
      const why = `provided port is not in the valid range. The range of valid ports is ${range.from}-${range.to}`;
      errors.push(invalid(field, nodePort, why));
    } else if (taken.has(nodePort)) errors.push(invalid(field, nodePort, "provided port is already allocated"));
  }
  if (errors.length > 0) return errors;
  for (const { nodePort } of ports) if (nodePort) taken.add(nodePort);
  const next = (what: string): number => {
    const port = allocate(pool, (candidate) => taken.has(candidate));
    if (port === undefined) throw StatusError.internal(`failed to allocate a ${what}: range is full`);
    taken.add(port);
    return port;
  };
  if (wantsNodePorts(object)) {
    for (const port of ports) port.nodePort ||= twin(port, ports) ?? next("nodePort");
  }
  if (needsHealthCheckPort(object)) object.spec.healthCheckNodePort ||= next("HealthCheck NodePort");
  return [];
}

/** The node port of the same port under another protocol: DNS is one port, spoken over TCP and UDP. */
function twin(port: ServicePort, ports: readonly ServicePort[]): number | undefined {
  return ports.find((other) => other.port === port.port && other.protocol !== port.protocol && other.nodePort)
    ?.nodePort;
}
