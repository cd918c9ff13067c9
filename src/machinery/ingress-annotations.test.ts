import { expect, it } from "vitest";
import { readIngressAnnotations } from "./ingress-annotations.ts";

const nginx = "nginx.ingress.kubernetes.io/";

it.each<[annotations: Record<string, string>, options: object]>([
  [
    {},
    { sslRedirect: true, forceSslRedirect: false, protocol: "HTTP", readTimeoutMs: 60_000, connectTimeoutMs: 5_000 },
  ],
  [
    { "rewrite-target": "/$2", "use-regex": "true" },
    { rewriteTarget: "/$2", useRegex: true },
  ],
  [
    { "ssl-redirect": "false", "force-ssl-redirect": "true" },
    { sslRedirect: false, forceSslRedirect: true },
  ],
  [{ "proxy-body-size": "8m" }, { bodyLimit: 8 * 2 ** 20 }],
  [{ "proxy-body-size": "16K" }, { bodyLimit: 16 * 2 ** 10 }],
  [{ "proxy-read-timeout": "5" }, { readTimeoutMs: 5_000, tunnelTimeoutMs: 5_000, sendTimeoutMs: 60_000 }],
  [{ "backend-protocol": "grpc" }, { protocol: "GRPC" }],
  [{ affinity: "cookie" }, { affinity: "cookie", cookie: { name: "INGRESSCOOKIE" } }],
  [
    { "session-cookie-max-age": "60", affinity: "cookie", "session-cookie-name": "route" },
    { affinity: "cookie", cookie: { name: "route", maxAgeSeconds: 60 } },
  ],
  [
    { "auth-type": "basic", "auth-secret": "users", "auth-realm": 'Say "friend"' },
    { authType: "basic", authSecret: "users", authSecretType: "auth-file", authRealm: 'Say \\"friend\\"' },
  ],
  [{ "proxy-buffering": "off" }, {}],
])("%j is honoured", (annotations, options) => {
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([name, value]) => [nginx + name, value]));
  const read = readIngressAnnotations(prefixed);
  expect(read.problems).toEqual([]);
  expect(read.options).toMatchObject(options);
});

it("no limit of a body is one of 0", () => {
  expect(readIngressAnnotations({ [`${nginx}proxy-body-size`]: "0" }).options).not.toHaveProperty("bodyLimit");
});

it.each<[name: string, value: string, problem: string]>([
  ["enable-cors", "true", "stored, but not honoured by Skiff"],
  ["__proto__", "true", "stored, but not honoured by Skiff"],
  ["rewrite-target", "tea", '"tea" is not a path: it must start with "/"'],
  ["use-regex", "yes", '"yes" is neither "true" nor "false"'],
  ["proxy-body-size", "much", '"much" is not a size such as 8m'],
  ["proxy-read-timeout", "1h", '"1h" is not a number of seconds'],
  ["backend-protocol", "FCGI", '"FCGI" is not honoured by Skiff: HTTP, HTTPS, GRPC and GRPCS are'],
  ["auth-type", "basic", `needs ${nginx}auth-secret beside it`],
  ["session-cookie-name", "a b", '"a b" is not a name for a cookie'],
])("%s: %s is told", (name, value, problem) => {
  expect(readIngressAnnotations({ [nginx + name]: value }).problems).toEqual([
    `metadata.annotations[${nginx}${name}]: ${problem}`,
  ]);
});

it("asks for a password all the same where it does not know the way that is wanted", () => {
  const { options, problems } = readIngressAnnotations({
    [`${nginx}auth-type`]: "digest",
    [`${nginx}auth-secret`]: "x",
  });
  expect(options).toMatchObject({ authType: "basic", authSecret: "x" });
  expect(problems).toEqual([
    `metadata.annotations[${nginx}auth-type]: "digest" is not honoured by Skiff: basic takes its place`,
  ]);
});

it("says nothing of annotations of others", () => {
  expect(readIngressAnnotations({ "kubernetes.io/ingress.class": "nginx", "a.b/c": "d" }).problems).toEqual([]);
});
