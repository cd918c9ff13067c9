/**
 * The annotations of Ingresses that are honoured: the few of ingress-nginx that everybody uses.
 * Rule: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
 */
import { domainPrefix, type IngressOptions, parsers } from "./ingress-options.ts";

export type { IngressOptions } from "./ingress-options.ts";

export interface ReadAnnotations {
  options: IngressOptions;
  /** A sentence for each annotation of ingress-nginx that is not honoured, or not as it is written. */
  problems: string[];
}

/** Annotation by which Ingresses named their class before there were IngressClasses. */
export const classAnnotation = "kubernetes.io/ingress.class";

const defaults: IngressOptions = {
  useRegex: false,
  sslRedirect: true,
  forceSslRedirect: false,
  connectTimeoutMs: 5_000,
  sendTimeoutMs: 60_000,
  readTimeoutMs: 60_000,
  protocol: "HTTP",
  authRealm: "Authentication Required",
  authSecretType: "auth-file",
};

/** What an Ingress' annotations ask for. An annotation that is not understood leaves its option as it is by default. */
export function readIngressAnnotations(annotations: Readonly<Record<string, string>> | undefined): ReadAnnotations {
  const options: IngressOptions = { ...defaults };
  const problems: string[] = [];
  for (const [key, value] of Object.entries(annotations ?? {})) {
    if (!key.startsWith(domainPrefix)) continue;
    const name = key.slice(domainPrefix.length);
    const parse = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
    const problem = parse ? parse(value, options) : "stored, but not honoured by Skiff";
    if (problem) problems.push(`metadata.annotations[${key}]: ${problem}`);
  }
  if (options.authType && !options.authSecret) {
    problems.push(`metadata.annotations[${domainPrefix}auth-type]: needs ${domainPrefix}auth-secret beside it`);
  }
  return { options, problems };
}
