/**
 * Ingresses → the routing table. Pure; the table is a value, swapped in whole.
 * Rule: https://kubernetes.io/docs/concepts/services-networking/ingress/#path-types and #hostname-wildcards
 */
import { type IngressOptions, readIngressAnnotations } from "../machinery/ingress-annotations.ts";
import { keyOf, type Stored } from "../machinery/object.ts";
import type { Ingress, IngressBackend, Secret } from "../machinery/types.ts";
import { parseUsers, type Users } from "./users.ts";

/** A port of a Service. */
export interface Backend {
  /** `namespace/name` */
  service: string;
  port: number | string;
}

/** What becomes of requests for one path. */
export interface Route {
  /** Key of the Ingress; of the Service for its own host name. */
  owner: string;
  /** Absent for an object that is no Service. */
  backend?: Backend;
  /** As the Ingress writes it; `/` for a default backend. */
  path: string;
  /** For a path that is a regular expression. */
  pattern?: RegExp;
  options: IngressOptions;
  /** HTTP is answered with a redirection to HTTPS. */
  toHttps: boolean;
  /** Who may come in; `missing` when nobody can be asked. */
  users?: Users | "missing";
}

/** Routes of one host. */
export interface HostRoutes {
  exact: Map<string, Route>;
  /** By path without its last slash. */
  prefix: Map<string, Route>;
  /** Longest first. */
  patterns: Route[];
  /** For what no path matches. */
  fallback?: Route;
}

export interface RoutingTable {
  hosts: ReadonlyMap<string, HostRoutes>;
  /** By what follows the star: `.example.com`. */
  wildcards: ReadonlyMap<string, HostRoutes>;
  /** For every host. */
  any: HostRoutes;
  /** `namespace/name` of the Secrets with the certificates of hosts: `*.example.com` among them, `""` for all others. */
  certificates: ReadonlyMap<string, string>;
  /** Every Service that a route leads to, `namespace/name`. */
  services: ReadonlySet<string>;
}

/** Something about an Ingress that its owner should hear of. */
export interface Problem {
  ingress: Stored<Ingress>;
  reason: string;
  message: string;
}

type Rule = NonNullable<NonNullable<Ingress["spec"]>["rules"]>[number];
type Path = NonNullable<Rule["http"]>["paths"][number];

/** Where two Ingresses want the same, the older one has it. */
function byAge(a: Stored<Ingress>, b: Stored<Ingress>): number {
  const [left, right] = [a, b].map((object) => `${object.metadata.creationTimestamp} ${keyOf(object)}`);
  return (left ?? "") < (right ?? "") ? -1 : 1;
}

/** @param secretOf by `namespace/name`. */
export function compileRoutes(
  ingresses: readonly Stored<Ingress>[],
  secretOf: (key: string) => Stored<Secret> | undefined,
): { table: RoutingTable; problems: Problem[] } {
  const compiler = new Compiler(secretOf);
  for (const ingress of [...ingresses].sort(byAge)) compiler.add(ingress);
  return { table: compiler.table(), problems: compiler.problems };
}

class Compiler {
  readonly #secretOf: (key: string) => Stored<Secret> | undefined;
  readonly #hosts = new Map<string, HostRoutes>();
  readonly #wildcards = new Map<string, HostRoutes>();
  readonly #any = emptyHost();
  readonly #certificates = new Map<string, string>();
  readonly #services = new Set<string>();
  readonly problems: Problem[] = [];

  constructor(secretOf: (key: string) => Stored<Secret> | undefined) {
    this.#secretOf = secretOf;
  }

  table(): RoutingTable {
    for (const host of [this.#any, ...this.#hosts.values(), ...this.#wildcards.values()]) {
      host.patterns.sort((a, b) => b.path.length - a.path.length);
    }
    return {
      hosts: this.#hosts,
      wildcards: this.#wildcards,
      any: this.#any,
      certificates: this.#certificates,
      services: this.#services,
    };
  }

  add(ingress: Stored<Ingress>): void {
    const { rules = [], defaultBackend } = ingress.spec ?? {};
    const { options } = readIngressAnnotations(ingress.metadata.annotations);
    const users = this.#users(ingress, options);
    const tlsHosts = this.#certificatesOf(ingress);
    const routeTo = (host: string, to: IngressBackend, path: string, pattern?: RegExp): Route => ({
      owner: keyOf(ingress),
      ...this.#backendOf(ingress, to),
      path,
      ...(pattern && { pattern }),
      options,
      toHttps: options.forceSslRedirect || (options.sslRedirect && coveredBy(tlsHosts, host)),
      ...(users && { users }),
    });
    for (const { host = "", http } of rules) {
      const routes = this.#hostRoutes(host);
      for (const path of http?.paths ?? [])
        this.#addPath(ingress, routes, options, path, (...to) => routeTo(host, ...to));
      if (defaultBackend) routes.fallback ??= routeTo(host, defaultBackend, "/");
      // A rule without paths sends everything to the default backend.
    }
    if (defaultBackend) this.#any.fallback ??= routeTo("", defaultBackend, "/");
  }

  #addPath(
    ingress: Stored<Ingress>,
    routes: HostRoutes,
    options: IngressOptions,
    { path = "/", pathType, backend }: Path,
    routeTo: (backend: IngressBackend, path: string, pattern?: RegExp) => Route,
  ): void {
    if (isPattern(path, pathType, options)) {
      const pattern = compilePattern(path);
      if (pattern) routes.patterns.push(routeTo(backend, path, pattern));
      else this.#report(ingress, "InvalidPath", `The path ${path} is not a regular expression and is left out`);
      return;
    }
    const [map, key] = pathType === "Exact" ? [routes.exact, path] : [routes.prefix, withoutLastSlash(path)];
    if (!map.has(key)) map.set(key, routeTo(backend, path));
  }

  #hostRoutes(host: string): HostRoutes {
    if (host === "") return this.#any;
    const [map, key] = host.startsWith("*.") ? [this.#wildcards, host.slice(1)] : [this.#hosts, host];
    const routes = map.get(key) ?? emptyHost();
    map.set(key, routes);
    return routes;
  }

  /** @returns hosts that have TLS through this Ingress. An entry without hosts is for those of the rules. */
  #certificatesOf(ingress: Stored<Ingress>): Set<string> {
    const { tls = [], rules = [] } = ingress.spec ?? {};
    const covered = new Set<string>();
    for (const { hosts = [], secretName } of tls) {
      const named = hosts.length > 0 ? hosts : rules.map(({ host }) => host ?? "");
      for (const host of named) covered.add(host);
      if (!secretName) continue;
      const key = `${ingress.metadata.namespace}/${secretName}`;
      if (!this.#secretOf(key)) {
        this.#report(
          ingress,
          "SecretNotFound",
          `Secret ${key} is not there: a self-signed certificate takes its place`,
        );
        continue;
      }
      for (const host of named) if (!this.#certificates.has(host)) this.#certificates.set(host, key);
    }
    return covered;
  }

  #users(ingress: Stored<Ingress>, options: IngressOptions): Users | "missing" | undefined {
    const { authType, authSecret, authSecretType } = options;
    if (!authType) return undefined;
    if (!authSecret) {
      const message = "The annotation auth-secret is missing beside auth-type: every request is answered with 503";
      this.#report(ingress, "SecretNotFound", message);
      return "missing";
    }
    const key = authSecret.includes("/") ? authSecret : `${ingress.metadata.namespace}/${authSecret}`;
    const secret = this.#secretOf(key);
    const { users, unreadable } = parseUsers(secret?.data ?? {}, authSecretType);
    if (unreadable.length > 0) {
      const names = unreadable.join(", ");
      const message = `The passwords of ${names} in Secret ${key} are in a form that is not supported: use htpasswd -m or -s`;
      this.#report(ingress, "PasswordNotSupported", message);
    }
    if (users && secret) return users;
    this.#report(
      ingress,
      "SecretNotFound",
      `Secret ${key} with the users is not there: every request is answered with 503`,
    );
    return "missing";
  }

  #backendOf(ingress: Stored<Ingress>, { service }: IngressBackend): { backend?: Backend } {
    const port = service?.port?.name ?? service?.port?.number;
    if (!service || port === undefined) return {};
    const key = `${ingress.metadata.namespace}/${service.name}`;
    this.#services.add(key);
    return { backend: { service: key, port } };
  }

  #report(ingress: Stored<Ingress>, reason: string, message: string): void {
    this.problems.push({ ingress, reason, message });
  }
}

function emptyHost(): HostRoutes {
  return { exact: new Map(), prefix: new Map(), patterns: [] };
}

/** Manifests write patterns with every type of path; they only mean them beside one of these annotations. */
function isPattern(path: string, pathType: string, { useRegex, rewriteTarget }: IngressOptions): boolean {
  if (useRegex && pathType === "ImplementationSpecific") return true;
  return (useRegex || rewriteTarget !== undefined) && /[()[\]{}*+?^$|\\]/.test(path);
}

/** As nginx' `location ~*`: from the beginning, whatever the case. */
function compilePattern(path: string): RegExp | undefined {
  try {
    return new RegExp(path.startsWith("^") ? path : `^${path}`, "i");
  } catch {
    return undefined;
  }
}

export function withoutLastSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

function coveredBy(hosts: ReadonlySet<string>, host: string): boolean {
  return hosts.has(host) || hosts.has(`*${host.slice(Math.max(0, host.indexOf(".")))}`);
}
