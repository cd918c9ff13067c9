import { duplicate, type FieldError, required } from "../../machinery/field-error.ts";
import type { ServicePort } from "../../machinery/types.ts";
import { check, each, oneOf, portNumber, portNumberOrName } from "../../machinery/validation/fields.ts";
import { dns1123LabelErrors, qualifiedNameErrors } from "../../machinery/validation/names.ts";

/** Ports need names as soon as there are several. */
export function validateServicePorts(ports: readonly ServicePort[]): FieldError[] {
  const names = new Set<string>();
  return each(ports, "spec.ports", ({ name, port, protocol, targetPort, appProtocol }, at) => {
    const errors: FieldError[] = [];
    if (name) {
      errors.push(...check(`${at}.name`, name, dns1123LabelErrors));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    } else if (ports.length > 1) errors.push(required(`${at}.name`));
    errors.push(...portNumber(`${at}.port`, port));
    errors.push(...oneOf(`${at}.protocol`, protocol, ["SCTP", "TCP", "UDP"]));
    errors.push(...portNumberOrName(`${at}.targetPort`, targetPort ?? port));
    if (appProtocol !== undefined) errors.push(...check(`${at}.appProtocol`, appProtocol, qualifiedNameErrors));
    return errors;
  });
}
