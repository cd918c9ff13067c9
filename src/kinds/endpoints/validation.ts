/** Rule: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoints-v1/ and kubernetes/kubernetes `pkg/apis/core/validation`. */
import { type FieldError, required } from "../../machinery/field-error.ts";
import type { Endpoints } from "../../machinery/types.ts";
import { validateEndpointIp } from "../../machinery/validation/endpoint-ip.ts";
import { check, each, oneOf, portNumber } from "../../machinery/validation/fields.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors, qualifiedNameErrors } from "../../machinery/validation/names.ts";

type Subset = NonNullable<Endpoints["subsets"]>[number];
type Address = NonNullable<Subset["addresses"]>[number];

export function validateEndpoints(object: Endpoints): FieldError[] {
  return each(object.subsets, "subsets", validateSubset);
}

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: Subset, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    errors.push(required(at, "must specify `addresses` or `notReadyAddresses`"));
  }
  errors.push(
    ...each(addresses, `${at}.addresses`, validateAddress),
    ...each(notReadyAddresses, `${at}.notReadyAddresses`, validateAddress),
    ...each(ports, `${at}.ports`, ({ name, port, protocol, appProtocol }, atPort) => [
      ...(name
        ? check(`${atPort}.name`, name, dns1123LabelErrors)
        : ports.length > 1
          ? [required(`${atPort}.name`)]
          : []),
      ...portNumber(`${atPort}.port`, port),
      ...oneOf(`${atPort}.protocol`, protocol, ["SCTP", "TCP", "UDP"]),
      ...(appProtocol === undefined ? [] : check(`${atPort}.appProtocol`, appProtocol, qualifiedNameErrors)),
    ]),
  );
  return errors;
}

function validateAddress({ ip, hostname, nodeName }: Address, at: string): FieldError[] {
  return [
    ...validateEndpointIp(`${at}.ip`, ip),
    ...(hostname ? check(`${at}.hostname`, hostname, dns1123LabelErrors) : []),
    ...(nodeName ? check(`${at}.nodeName`, nodeName, dns1123SubdomainErrors) : []),
  ];
}
