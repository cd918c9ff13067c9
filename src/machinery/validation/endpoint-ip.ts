import { isIP } from "node:net";
import { type FieldError, invalid } from "../field-error.ts";
import { ipAddress } from "./fields.ts";

/** Addresses to which traffic of Services may not be sent, as it would never leave the host. */
const special: readonly [pattern: RegExp, name: string][] = [
  [/^(0\.0\.0\.0|::)$/, "may not be unspecified ($ip)"],
  [/^(127\.|::1$)/, "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  [/^(169\.254\.|fe[89ab][0-9a-f]:)/i, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
  [/^(224\.0\.0\.|ff02:)/i, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
];

/** The address of an endpoint, or one of `externalIPs`: any but those that mean the host itself or its link. */
export function validateEndpointIp(field: string, ip: string): FieldError[] {
  if (isIP(ip) === 0) return ipAddress(field, ip);
  const found = special.find(([pattern]) => pattern.test(ip));
  return found ? [invalid(field, ip, found[1].replace("$ip", ip))] : [];
}
