/** Ingress on real Pods, with real curl and openssl: the café, what is kept and freed, and that nothing is lost. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFree } from "../../src/instance/ports.ts";
import type { ProxyMode } from "../../src/machinery/settings.ts";
import type { Ingress, Service } from "../../src/machinery/types.ts";
import { exec } from "../support/host.ts";
import { flappable, shake } from "../support/hostnames.ts";
import { get, Load } from "../support/http.ts";
import { eventually, SkiffInstance } from "../support/skiff.ts";

/** As courses wrote it for Kubernetes 1.14. */
const cafe = `
apiVersion: extensions/v1beta1
kind: Ingress
metadata:
  name: cafe
  annotations: { kubernetes.io/ingress.class: nginx }
spec:
  tls: [{ hosts: [cafe.example.com], secretName: cafe-secret }]
  rules:
    - host: cafe.example.com
      http:
        paths:
          - { path: /tea, backend: { serviceName: tea, servicePort: 80 } }
          - { path: /coffee, backend: { serviceName: coffee, servicePort: http } }
`;

const service = (name: string, clusterIp = '""'): string => `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  selector: { app: ${name} }
  clusterIP: ${clusterIp}
  ports: [{ name: http, port: 80, targetPort: web }]
`;

/** It drops what is under way when it is told to end. */
const abrupt = `
  process.on("SIGTERM", () => process.exit(0));
  require("node:http").createServer((_, answer) => answer.end(process.env.HOSTNAME)).listen(9376, "0.0.0.0");
`;

const shops = [
  flappable("tea", 3),
  service("tea"),
  flappable("coffee", 2),
  service("coffee"),
  // The proxy has no rules for what is headless: nobody but the Ingress knows when a Pod of it gets no more requests.
  flappable("cake", 1, ["node", "-e", abrupt]),
  service("cake", "None"),
];

describe.each<ProxyMode>(["nftables", "userspace"])("Ingress in %s mode", (mode) => {
  let instance: SkiffInstance;
  let ports: { http: number; https: number };

  beforeAll(async () => {
    instance = await SkiffInstance.start("--proxy-mode", mode);
    ports = (await instance.status()).ingress;
    await instance.apply(shops.join("---"));
    for (const name of ["tea", "coffee", "cake"]) {
      await instance.kubectl("rollout", "status", `deployment/${name}`, "--timeout=60s");
    }
  });
  afterAll(() => instance?.[Symbol.asyncDispose]());

  /** curl, for the café's host. */
  const curl = (path: string, ...args: string[]): Promise<string> => {
    const resolve = ["http", "https"].flatMap((scheme) => [
      "--resolve",
      `cafe.example.com:${scheme === "http" ? ports.http : ports.https}:127.0.0.1`,
    ]);
    return exec("curl", "--silent", "--show-error", "--max-time", "10", ...resolve, ...args, path);
  };

  it("serves the café: old manifest, paths, a Secret's certificate, HTTP/2, and 404 elsewhere", async () => {
    const applied = await instance.tryKubectl(["apply", "-f", "-"], { input: cafe });
    expect(applied.all).toContain("ingress.extensions/cafe created");
    expect(applied.stderr).toContain(
      "Warning: extensions/v1beta1 Ingress is deprecated in v1.14+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress",
    );
    const [key, certificate] = ["key", "crt"].map((name) => join(instance.home, `cafe.${name}`)) as [string, string];
    const request = [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "1",
      "-keyout",
      key,
      "-out",
      certificate,
    ];
    await exec("openssl", ...request, "-subj", "/CN=cafe", "-addext", "subjectAltName=DNS:cafe.example.com");
    await instance.kubectl("create", "secret", "tls", "cafe-secret", `--cert=${certificate}`, `--key=${key}`);

    const secure = `https://cafe.example.com:${ports.https}`;
    const verified = ["--cacert", certificate];
    const tea = await eventually(() => curl(`${secure}/tea`, ...verified), "the certificate is in use");
    expect(tea).toMatch(/^tea-/);
    expect(await curl(`${secure}/coffee`, ...verified, "--http2", "-w", "%{http_version}")).toMatch(/^coffee-\S+\n2$/);
    expect(await curl(`${secure}/water`, ...verified, "-w", "%{http_code}", "-o", "/dev/null")).toBe("404");
    const redirected = await curl(
      `http://cafe.example.com:${ports.http}/tea`,
      "-w",
      "%{http_code} %{redirect_url}",
      "-o",
      "/dev/null",
    );
    expect(redirected.replace(":443", "")).toBe(`308 ${secure.replace(":443", "")}/tea`);

    const answered = new Set<string>();
    for (let call = 0; call < 6; call++) answered.add(await curl(`${secure}/tea`, ...verified));
    expect(answered.size).toBe(3);
    const { status } = await instance.json<Ingress>("get", "ingress", "cafe");
    expect(status?.loadBalancer?.ingress?.[0]?.ip).toMatch(/^\d+\./);
    expect(await instance.kubectl("describe", "ingress", "cafe")).toMatch(
      /\/tea +tea:80 \(\S+:9376,\S+:9376,\S+:9376\)/,
    );
  });

  it("reaches a Service by its name, without an Ingress", async () => {
    expect(await curl(`http://tea.default.localhost:${ports.http}/`)).toMatch(/^tea-/);
  });

  it("keeps its ports from Services, and another instance off them", async () => {
    await using other = await SkiffInstance.start();
    const { ingress: others } = await other.status();
    expect(others.http).not.toBe(ports.http);
    expect(others.https).not.toBe(ports.https);
    expect(others.http).toBeGreaterThanOrEqual(30_000);
    expect(await other.skiff("status")).toContain(`port ${others.http} for HTTP (80 is in use)`);
    const taken = await other.tryKubectl([
      "create",
      "service",
      "nodeport",
      "x",
      "--tcp=80",
      `--node-port=${others.http}`,
    ]);
    expect(taken.stderr).toContain("provided port is already allocated");
    await other.skiff("down");
    for (const port of Object.values(others)) expect(await isFree(port, "0.0.0.0")).toBe(true);
  });

  it.each<[name: string, keepAlive: boolean]>([
    ["coffee", false],
    ["coffee", true],
    ["cake", false],
  ])("loses no request to %s in updates, scaling and flapping readiness (keep-alive: %s)", async (name, keepAlive) => {
    await instance.kubectl("create", "ingress", "steady", `--rule=/*=${name}:80`);
    const url = `http://127.0.0.1:${ports.http}/`;
    await eventually(() => get(url), "the Ingress answers");
    const load = new Load(url, { clients: 6, keepAlive });
    await shake(instance, name, [1, 5, 1, 2]);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.answered).toBeGreaterThan(500);
    await instance.kubectl("delete", "ingress", "steady");
  });

  it("answers again after a crash, at the same ports, before the same Pods", async () => {
    await instance.kubectl("create", "ingress", "again", "--rule=/*=tea:80");
    const url = `http://127.0.0.1:${ports.http}/`;
    await eventually(() => get(url), "the Ingress answers");
    const { pid } = await instance.status();
    process.kill(pid, "SIGKILL");
    await eventually(async () => ((await isFree(ports.http, "0.0.0.0")) ? true : undefined), "the process is gone");
    await instance.up();
    expect((await instance.status()).ingress).toEqual(ports);
    expect(await get(url)).toMatch(/^tea-/);
    // What was asked is on record.
    expect(readFileSync(join(instance.dataDir, "ingress.log"), "utf8")).toContain("[default/cafe]");
    expect((await instance.json<Service>("get", "service", "tea")).spec?.ports).toHaveLength(1);
  });
});
