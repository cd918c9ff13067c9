/** Rule: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/ and kubernetes/kubernetes `pkg/apis/discovery/validation`. */
import { isIPv4, isIPv6 } from "node:net";
import { duplicate, type FieldError, invalid, notSupported, required } from "../../machinery/field-error.ts";
import type { Endpoint, EndpointSlice } from "../../machinery/types.ts";
import { validateEndpointIp } from "../../machinery/validation/endpoint-ip.ts";
import { check, each, portNumber } from "../../machinery/validation/fields.ts";
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  qualifiedNameErrors,
} from "../../machinery/validation/names.ts";

const limits = { endpoints: 1000, addresses: 100, ports: 20_000 };

export function validateEndpointSlice(object: EndpointSlice): FieldError[] {
  return [
    ...validateAddressType(object.addressType),
    ...validateEndpointsOf(object),
    ...validatePorts(object.ports ?? []),
  ];
}

function validateAddressType(type: string | undefined): FieldError[] {
  if (!type) return [required("addressType")];
  const known = ["FQDN", "IPv4", "IPv6"];
  return known.includes(type) ? [] : [notSupported("addressType", type, known)];
}

function tooMany(field: string, count: number, most: number): FieldError[] {
  if (count <= most) return [];
  return [{ reason: "FieldValueTooMany", field, message: `Too many: ${count}: must have at most ${most} items` }];
}

function validateEndpointsOf({ endpoints, addressType }: EndpointSlice): FieldError[] {
  const list = endpoints ?? [];
  const errors = tooMany("endpoints", list.length, limits.endpoints);
  if (errors.length > 0) return errors;
  return each(list, "endpoints", (endpoint, at) => validateEndpoint(endpoint, addressType, at));
}

function validateEndpoint(endpoint: Endpoint, addressType: string, at: string): FieldError[] {
  const { addresses, nodeName, hostname, deprecatedTopology = {} } = endpoint;
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(`${at}.addresses`, "must contain at least 1 address"));
  errors.push(...tooMany(`${at}.addresses`, addresses.length, limits.addresses));
  const seen = new Set<string>();
  errors.push(
    ...each(addresses, `${at}.addresses`, (address, field) => {
      if (seen.has(address)) return [duplicate(field, address)];
      seen.add(address);
      return validateAddress(address, addressType, field);
    }),
  );
  if (nodeName !== undefined) errors.push(...check(`${at}.nodeName`, nodeName, dns1123SubdomainErrors));
  for (const [key, value] of Object.entries(deprecatedTopology)) {
    errors.push(...check(`${at}.deprecatedTopology`, key, qualifiedNameErrors));
    errors.push(...check(`${at}.deprecatedTopology`, value, labelValueErrors));
  }
  if (hostname !== undefined) errors.push(...check(`${at}.hostname`, hostname, dns1123LabelErrors));
  return errors;
}

function validateAddress(address: string, type: string, field: string): FieldError[] {
  switch (type) {
    case "IPv4":
      if (!isIPv4(address)) return [invalid(field, address, "must be a valid IPv4 address")];
      return validateEndpointIp(field, address);
    case "IPv6":
      if (!isIPv6(address)) return [invalid(field, address, "must be a valid IPv6 address")];
      return validateEndpointIp(field, address);
    case "FQDN":
      return check(field, address, dns1123SubdomainErrors);
    default:
      return [];
  }
}

function validatePorts(ports: NonNullable<EndpointSlice["ports"]>): FieldError[] {
  const errors = tooMany("ports", ports.length, limits.ports);
  if (errors.length > 0) return errors;
  const names = new Set<string>();
  return each(ports, "ports", ({ name = "", port, protocol, appProtocol }, at) => {
    const found = name === "" ? [] : check(`${at}.name`, name, dns1123LabelErrors);
    if (names.has(name)) found.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (port !== undefined) found.push(...portNumber(`${at}.port`, port));
    const protocols = ["SCTP", "TCP", "UDP"];
    if (!protocol) found.push(required(`${at}.protocol`));
    else if (!protocols.includes(protocol)) found.push(notSupported(`${at}.protocol`, protocol, protocols));
    if (appProtocol !== undefined) found.push(...check(`${at}.appProtocol`, appProtocol, qualifiedNameErrors));
    return found;
  });
}

export function validateEndpointSliceUpdate(object: EndpointSlice, old: EndpointSlice): FieldError[] {
  if (object.addressType === old.addressType) return [];
  return [invalid("addressType", object.addressType, "field is immutable")];
}
