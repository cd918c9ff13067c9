/** What can be asked for by annotations of an Ingress, and how each annotation is read. */

export const domainPrefix = "nginx.ingress.kubernetes.io/";

export interface IngressOptions {
  /** What takes the place of the path; `$1` and so on stand for what the path's groups matched. */
  rewriteTarget?: string;
  /** Paths are regular expressions. */
  useRegex: boolean;
  /** HTTP is redirected to HTTPS where the host has TLS. */
  sslRedirect: boolean;
  /** HTTP is redirected to HTTPS anyway. */
  forceSslRedirect: boolean;
  /** Bytes that a request's body may have; no limit if absent. */
  bodyLimit?: number;
  connectTimeoutMs: number;
  /** Between two writes of a request. */
  sendTimeoutMs: number;
  /** Between two reads of an answer. */
  readTimeoutMs: number;
  /** Upgraded connections end when they have been silent for so long; never if absent. */
  tunnelTimeoutMs?: number;
  /** What the Pods speak. */
  protocol: "HTTP" | "HTTPS" | "GRPC" | "GRPCS";
  authType?: "basic";
  /** `name`, or `namespace/name`. */
  authSecret?: string;
  /** `auth-file`: htpasswd lines under the key `auth`; `auth-map`: a key per user. */
  authSecretType: "auth-file" | "auth-map";
  authRealm: string;
  affinity?: "cookie";
  /** With {@link affinity}: requests that carry the cookie go to the Pod that it stands for. */
  cookie?: { name: string; path?: string; maxAgeSeconds?: number };
}

/** Takes the value over into the options. @returns what is wrong with it. */
type Parse = (value: string, options: IngressOptions) => string | undefined;

type NumberOption = "connectTimeoutMs" | "sendTimeoutMs" | "readTimeoutMs";

export const parsers: Readonly<Record<string, Parse>> = {
  "rewrite-target"(value, options) {
    if (!value.startsWith("/")) return `${JSON.stringify(value)} is not a path: it must start with "/"`;
    options.rewriteTarget = value;
    return undefined;
  },
  "use-regex": flag((on, options) => void (options.useRegex = on)),
  "ssl-redirect": flag((on, options) => void (options.sslRedirect = on)),
  "force-ssl-redirect": flag((on, options) => void (options.forceSslRedirect = on)),
  "proxy-body-size"(value, options) {
    const bytes = parseSize(value);
    if (bytes === undefined) return `${JSON.stringify(value)} is not a size such as 8m`;
    if (bytes > 0) options.bodyLimit = bytes;
    return undefined;
  },
  "proxy-connect-timeout": seconds("connectTimeoutMs"),
  "proxy-send-timeout": seconds("sendTimeoutMs"),
  "proxy-read-timeout"(value, options) {
    const problem = seconds("readTimeoutMs")(value, options);
    if (!problem) options.tunnelTimeoutMs = options.readTimeoutMs;
    return problem;
  },
  "backend-protocol"(value, options) {
    const protocol = value.toUpperCase();
    if (protocol !== "HTTP" && protocol !== "HTTPS" && protocol !== "GRPC" && protocol !== "GRPCS") {
      return `${JSON.stringify(value)} is not honoured by Skiff: HTTP, HTTPS, GRPC and GRPCS are`;
    }
    options.protocol = protocol;
    return undefined;
  },
  "auth-type"(value, options) {
    // Whoever wants a password asked for is not to be left without one.
    options.authType = "basic";
    return value === "basic" ? undefined : `${JSON.stringify(value)} is not honoured by Skiff: basic takes its place`;
  },
  "auth-secret"(value, options) {
    options.authSecret = value;
    return undefined;
  },
  "auth-secret-type"(value, options) {
    if (value !== "auth-file" && value !== "auth-map") {
      return `${JSON.stringify(value)} is neither auth-file nor auth-map`;
    }
    options.authSecretType = value;
    return undefined;
  },
  "auth-realm"(value, options) {
    // It goes into a header, within quotes.
    options.authRealm = value.replaceAll(/[^\x20-\x7e]/g, "").replaceAll(/["\\]/g, "\\$&");
    return undefined;
  },
  affinity(value, options) {
    if (value !== "cookie") return `${JSON.stringify(value)} is not honoured by Skiff: cookie is`;
    options.affinity = value;
    options.cookie ??= { name: defaultCookie };
    return undefined;
  },
  "session-cookie-name"(value, options) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value)) return `${JSON.stringify(value)} is not a name for a cookie`;
    options.cookie = { ...options.cookie, name: value };
    return undefined;
  },
  "session-cookie-path"(value, options) {
    if (!/^\/[\x21-\x3a\x3c-\x7e]*$/.test(value)) return `${JSON.stringify(value)} is not a path`;
    options.cookie = { ...(options.cookie ?? { name: defaultCookie }), path: value };
    return undefined;
  },
  "session-cookie-max-age"(value, options) {
    if (!/^\d{1,9}$/.test(value)) return `${JSON.stringify(value)} is not a number of seconds`;
    options.cookie = { ...(options.cookie ?? { name: defaultCookie }), maxAgeSeconds: Number(value) };
    return undefined;
  },
  // Nothing is held back here in any case: requests and answers are passed on as they come.
  "proxy-buffering": onlyOff,
  "proxy-request-buffering": onlyOff,
};

const defaultCookie = "INGRESSCOOKIE";

function flag(set: (on: boolean, options: IngressOptions) => void): Parse {
  return (value, options) => {
    if (value !== "true" && value !== "false") return `${JSON.stringify(value)} is neither "true" nor "false"`;
    set(value === "true", options);
    return undefined;
  };
}

function seconds(option: NumberOption): Parse {
  return (value, options) => {
    if (!/^[1-9]\d{0,5}$/.test(value)) return `${JSON.stringify(value)} is not a number of seconds`;
    options[option] = Number(value) * 1000;
    return undefined;
  };
}

function onlyOff(value: string): string | undefined {
  return value === "off" ? undefined : `${JSON.stringify(value)} is not honoured by Skiff, which never buffers`;
}

/** Bytes of `8m`, `512k`, `1g`, `1024`. */
function parseSize(value: string): number | undefined {
  const match = /^(\d{1,9})([kmg]?)$/i.exec(value.trim());
  if (!match) return undefined;
  const units: Record<string, number> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
  return Number(match[1]) * (units[(match[2] ?? "").toLowerCase()] ?? 1);
}
