/** Rule: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config */
import { type FieldError, invalid, required } from "../../../machinery/field-error.ts";
import type { PodSpec } from "../../../machinery/types.ts";
import { check, each, ipAddress } from "../../../machinery/validation/fields.ts";
import { dnsSearchErrors } from "../../../machinery/validation/names.ts";

/** What the C library of most containers can take. */
const limits = { nameservers: 3, searches: 32, searchCharacters: 2048 };

export function validateDnsConfig({ dnsConfig, dnsPolicy }: PodSpec, field: string): FieldError[] {
  if (dnsPolicy === "None") {
    if (!dnsConfig) return [required(field, "must provide `dnsConfig` when `dnsPolicy` is None")];
    if ((dnsConfig.nameservers ?? []).length === 0) {
      const detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
      return [required(`${field}.nameservers`, detail)];
    }
  }
  if (!dnsConfig) return [];
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  const errors: FieldError[] = [];
  if (nameservers.length > limits.nameservers) {
    const detail = `must not have more than ${limits.nameservers} nameservers`;
    errors.push(invalid(`${field}.nameservers`, nameservers, detail));
  }
  errors.push(...each(nameservers, `${field}.nameservers`, (server, at) => ipAddress(at, server)));
  if (searches.length > limits.searches) {
    errors.push(invalid(`${field}.searches`, searches, `must not have more than ${limits.searches} search paths`));
  }
  if (searches.join(" ").length > limits.searchCharacters) {
    const detail = `must not have more than ${limits.searchCharacters} characters (including spaces) in the search list`;
    errors.push(invalid(`${field}.searches`, searches, detail));
  }
  errors.push(
    ...each(searches, `${field}.searches`, (search, at) =>
      // A final dot says that the name is whole.
      search === "." ? [] : check(at, search.replace(/\.$/, ""), dnsSearchErrors),
    ),
    ...each(options, `${field}.options`, ({ name }, at) => (name ? [] : [required(at, "must not be empty")])),
  );
  return errors;
}
