/**
 * What names, label keys and label values may look like, and the API's own words for what is wrong with them.
 * Each function returns the complaints, none when all is well.
 * Rule: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and k8s.io/apimachinery `util/validation`.
 */

const dns1123LabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const dns1123SubdomainPattern = `${dns1123LabelPattern}(\\.${dns1123LabelPattern})*`;
const dnsSearchLabelPattern = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const dns1035LabelPattern = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualifiedNamePattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValuePattern = `(${qualifiedNamePattern})?`;
const relaxedEnvironmentNamePattern = /^[ -<>-~]+$/;
const configKeyPattern = "[-._a-zA-Z0-9]+";

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const dns1123Label = whole(dns1123LabelPattern);
const dns1123Subdomain = whole(dns1123SubdomainPattern);
const dnsSearch = whole(`${dnsSearchLabelPattern}(\\.${dnsSearchLabelPattern})*`);
const dns1035Label = whole(dns1035LabelPattern);
const qualifiedName = whole(qualifiedNamePattern);
const labelValue = whole(labelValuePattern);
const configKey = whole(configKeyPattern);

/** Longest DNS label. */
export const longestLabel = 63;
/** Longest DNS subdomain, and so the longest name of most objects. */
export const longestSubdomain = 253;

const dns1123LabelMessage =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const dns1123SubdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const dnsSearchMessage = dns1123SubdomainMessage.replace("'-' or", "'_', '-' or");
const dns1035LabelMessage =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const qualifiedNameMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelValueMessage =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

export function tooLongMessage(characters: number): string {
  return `must be no more than ${characters} characters`;
}

/** The complaint about a text that does not match a pattern, with examples: `… (e.g. 'a', or 'b', regex used …)`. */
export function patternMessage(message: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  // Two spaces after a comma: Kubernetes' own slip, kept because clients compare whole messages.
  const list = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`;
}

/** A label of a domain name: `my-name`. Rule: RFC 1123. */
export function dns1123LabelErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > longestLabel) errors.push(tooLongMessage(longestLabel));
  if (!dns1123Label.test(value)) {
    // A dot is the usual mistake; the plain message about the label says it all the same.
    errors.push(patternMessage(dns1123LabelMessage, dns1123LabelPattern, "my-name", "123-abc"));
  }
  return errors;
}

/** A domain name in lower case: `example.com`. Rule: RFC 1123. */
export function dns1123SubdomainErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > longestSubdomain) errors.push(tooLongMessage(longestSubdomain));
  if (!dns1123Subdomain.test(value)) {
    errors.push(patternMessage(dns1123SubdomainMessage, dns1123SubdomainPattern, "example.com"));
  }
  return errors;
}

/** As {@link dns1123SubdomainErrors}, with underscores: `_sip._tcp.abc_d.example.com`. Rule: KEP-4427. */
export function dnsSearchErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > longestSubdomain) errors.push(tooLongMessage(longestSubdomain));
  if (!dnsSearch.test(value)) {
    // The pattern in the message is the stricter one: Kubernetes' own slip until 1.34.
    errors.push(patternMessage(dnsSearchMessage, dns1123SubdomainPattern, "example.com"));
  }
  return errors;
}

/** A label that begins with a letter, as names of Services must. Rule: RFC 1035. */
export function dns1035LabelErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > longestLabel) errors.push(tooLongMessage(longestLabel));
  if (!dns1035Label.test(value)) {
    errors.push(patternMessage(dns1035LabelMessage, dns1035LabelPattern, "my-name", "abc-123"));
  }
  return errors;
}

/** Keys of labels and annotations: `name` or `example.com/name`. */
export function qualifiedNameErrors(value: string): string[] {
  const parts = value.split("/");
  const errors: string[] = [];
  if (parts.length > 2) {
    return [
      `a qualified name ${patternMessage(qualifiedNameMessage, qualifiedNamePattern, "MyName", "my.name", "123-abc")} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const [first = "", second] = parts;
  const name = second ?? first;
  if (second !== undefined) {
    if (first === "") errors.push("prefix part must be non-empty");
    else errors.push(...dns1123SubdomainErrors(first).map((error) => `prefix part ${error}`));
  }
  if (name === "") errors.push("name part must be non-empty");
  else if (name.length > longestLabel) errors.push(`name part ${tooLongMessage(longestLabel)}`);
  if (!qualifiedName.test(name)) {
    errors.push(
      `name part ${patternMessage(qualifiedNameMessage, qualifiedNamePattern, "MyName", "my.name", "123-abc")}`,
    );
  }
  return errors;
}

export function labelValueErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > longestLabel) errors.push(tooLongMessage(longestLabel));
  if (!labelValue.test(value)) {
    errors.push(patternMessage(labelValueMessage, labelValuePattern, "MyValue", "my_value", "12345"));
  }
  return errors;
}

/** Names of environment variables since Kubernetes 1.32: any printable ASCII character but `=`. */
export function environmentNameErrors(value: string): string[] {
  if (value === "") return ["environment variable name must not be empty"];
  if (relaxedEnvironmentNamePattern.test(value)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** Keys of ConfigMaps and Secrets: they become names of files. */
export function configKeyErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > longestSubdomain) errors.push(tooLongMessage(longestSubdomain));
  if (!configKey.test(value)) {
    errors.push(
      patternMessage(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configKeyPattern,
        "key.name",
        "KEY_NAME",
        "key-name",
      ),
    );
  }
  if (value === ".") errors.push("must not be '.'");
  else if (value === "..") errors.push("must not be '..'");
  else if (value.startsWith("..")) errors.push("must not start with '..'");
  return errors;
}

/** Names of ports of containers: an IANA service name. Rule: RFC 6335, section 5.1. */
export function portNameErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 15) errors.push(tooLongMessage(15));
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(value)) errors.push("must contain at least one letter (a-z)");
  if (value.includes("--")) errors.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) errors.push("must not begin or end with a hyphen");
  return errors;
}

export function portNumberErrors(value: number): string[] {
  return value >= 1 && value <= 65_535 ? [] : ["must be between 1 and 65535, inclusive"];
}

/** A name for all of one domain: `*.example.com`. */
export function wildcardSubdomainErrors(value: string): string[] {
  const pattern = `\\*\\.${dns1123SubdomainPattern}`;
  if (whole(pattern).test(value)) return [];
  return [
    patternMessage(
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
      pattern,
      "*.example.com",
    ),
  ];
}

/** A domain and a path in it: `example.com/ingress-controller`. Rule: RFC 3986 for the path. */
export function domainPrefixedPathErrors(value: string): string[] {
  const slash = value.indexOf("/");
  const [host, path] = slash < 0 ? [value, ""] : [value.slice(0, slash), value.slice(slash + 1)];
  if (slash < 0 || host === "" || path === "") {
    return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  }
  const errors = dns1123SubdomainErrors(host).map((error) => `prefix part: ${error}`);
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path)) {
    const pattern = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
    errors.push(patternMessage("Invalid path", pattern));
  }
  return errors;
}
