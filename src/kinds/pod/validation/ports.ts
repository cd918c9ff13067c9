import { duplicate, type FieldError, required } from "../../../machinery/field-error.ts";
import type { Container } from "../../../machinery/types.ts";
import { check, each, ipAddress, oneOf, portNumber } from "../../../machinery/validation/fields.ts";
import { portNameErrors } from "../../../machinery/validation/names.ts";

const protocols = ["SCTP", "TCP", "UDP"];

export function validatePorts(ports: Container["ports"], field: string): FieldError[] {
  const names = new Set<string>();
  return each(ports, field, (port, at) => {
    const errors: FieldError[] = [];
    if (port.name) {
      errors.push(...check(`${at}.name`, port.name, portNameErrors));
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (port.containerPort) errors.push(...portNumber(`${at}.containerPort`, port.containerPort));
    else errors.push(required(`${at}.containerPort`));
    if (port.hostPort) errors.push(...portNumber(`${at}.hostPort`, port.hostPort));
    errors.push(...oneOf(`${at}.protocol`, port.protocol, protocols));
    if (port.hostIP) errors.push(...ipAddress(`${at}.hostIP`, port.hostIP));
    return errors;
  });
}

/** Two containers of a Pod cannot both have a port of the host. @param field of the list of containers. */
export function validateHostPorts(containers: readonly Container[], field: string): FieldError[] {
  const taken = new Set<string>();
  return each(containers, field, (container, at) =>
    each(container.ports, `${at}.ports`, ({ hostPort, hostIP = "", protocol = "" }, atPort) => {
      if (!hostPort) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) return [duplicate(`${atPort}.hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}
