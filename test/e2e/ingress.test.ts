/** Ingress on real Pods, with real curl and openssl: the café, what is kept and freed, and that nothing is lost. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFree } from "../../src/instance/ports.ts";
import type { Ingress, Pod, Service } from "../../src/machinery/types.ts";
import { exec } from "../support/host.ts";
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

const shop = (name: string, replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 15
      containers:
        - name: server
          image: hostnames:1
          ports: [{ name: web, containerPort: 9376 }]
          readinessProbe:
            exec: { command: [sh, -c, "test ! -e /tmp/unready && wget -q -O - http://127.0.0.1:9376/"] }
            periodSeconds: 1
            failureThreshold: 1
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  selector: { app: ${name} }
  ports: [{ name: http, port: 80, targetPort: web }]
`;

describe("Ingress", () => {
  let instance: SkiffInstance;
  let ports: { http: number; https: number };

  beforeAll(async () => {
    instance = await SkiffInstance.start();
    ports = (await instance.status()).ingress;
    await instance.apply(`${shop("tea", 3)}---${shop("coffee", 2)}`);
    for (const name of ["tea", "coffee"]) {
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

  it.each([false, true])(
    "loses no request in updates, scaling and flapping readiness (keep-alive: %s)",
    async (keepAlive) => {
      await instance.kubectl("create", "ingress", "steady", "--rule=/*=coffee:80");
      const url = `http://127.0.0.1:${ports.http}/`;
      await eventually(() => get(url), "the Ingress answers");
      const load = new Load(url, { clients: 6, keepAlive });
      const rolledOut = () => instance.kubectl("rollout", "status", "deployment/coffee", "--timeout=90s");
      await instance.kubectl("rollout", "restart", "deployment/coffee");
      await rolledOut();
      for (const replicas of [1, 5, 1, 2]) {
        await instance.kubectl("scale", "deployment/coffee", `--replicas=${replicas}`);
        await rolledOut();
      }
      const pods = (await instance.json<{ items: Pod[] }>("get", "pods", "-l", "app=coffee")).items;
      const name = pods.find(({ metadata }) => !metadata?.deletionTimestamp)?.metadata?.name ?? "";
      for (const [command, ready] of [
        ["touch", "False"],
        ["rm", "True"],
      ] as const) {
        await instance.kubectl("exec", name, "--", command, "/tmp/unready");
        await instance.kubectl("wait", "pod", name, `--for=condition=Ready=${ready}`, "--timeout=20s");
      }
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(load.answered).toBeGreaterThan(500);
      await instance.kubectl("delete", "ingress", "steady");
    },
  );

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
