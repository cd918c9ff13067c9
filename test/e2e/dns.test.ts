/** The names of real Pods and Services, and what a Pod's resolver is told. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Pod, Service } from "../../src/machinery/types.ts";
import { killDaemon } from "../support/processes.ts";
import { eventually, run, SkiffInstance } from "../support/skiff.ts";

const sleeper = "{ name: c, image: 'busybox:latest', command: [sleep, '100000'] }";

const manifest = `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: hostnames }
spec:
  serviceName: hostnames
  replicas: 2
  podManagementPolicy: Parallel
  selector: { matchLabels: { app: hostnames } }
  template:
    metadata: { labels: { app: hostnames } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: hostnames
          image: hostnames:1
          ports: [{ name: web, containerPort: 9376 }]
          readinessProbe:
            exec: { command: [sh, -c, "test ! -e /tmp/unready"] }
            periodSeconds: 1
            failureThreshold: 1
---
apiVersion: v1
kind: Service
metadata: { name: hostnames }
spec: { clusterIP: None, selector: { app: hostnames }, ports: [{ name: http, port: 80, targetPort: web }] }
---
apiVersion: v1
kind: Service
metadata: { name: all }
spec: { clusterIP: None, publishNotReadyAddresses: true, selector: { app: hostnames } }
---
apiVersion: v1
kind: Service
metadata: { name: team }
spec: { clusterIP: None, selector: { team: blue } }
---
apiVersion: v1
kind: Pod
metadata: { name: plain, labels: { team: blue } }
spec: { hostname: captain, subdomain: team, terminationGracePeriodSeconds: 0, containers: [${sleeper}] }
---
apiVersion: v1
kind: Pod
metadata: { name: own }
spec:
  terminationGracePeriodSeconds: 0
  dnsPolicy: None
  dnsConfig: { nameservers: [192.0.2.53], searches: [my.example], options: [{ name: ndots, value: "2" }, { name: edns0 }] }
  containers: [${sleeper}]
---
apiVersion: v1
kind: Pod
metadata: { name: mixed }
spec:
  terminationGracePeriodSeconds: 0
  dnsConfig: { nameservers: [192.0.2.1, 192.0.2.2, 192.0.2.3], options: [{ name: ndots, value: "1" }] }
  containers: [${sleeper}]
`;

describe("the cluster's DNS", () => {
  let instance: SkiffInstance;
  let server: string;
  /** Addresses of Pods by name. */
  let addresses: Record<string, string>;

  beforeAll(async () => {
    instance = await SkiffInstance.start();
    await instance.apply(manifest);
    await instance.kubectl("rollout", "status", "statefulset/hostnames", "--timeout=60s");
    await instance.kubectl("wait", "--for=condition=Ready", "pod/plain", "pod/own", "pod/mixed", "--timeout=60s");
    const { items } = await instance.json<{ items: Pod[] }>("get", "pods");
    addresses = Object.fromEntries(items.map(({ metadata, status }) => [metadata?.name, status?.podIP]));
    const { spec } = await instance.json<Service>("get", "service", "kube-dns", "-n", "kube-system");
    server = spec?.clusterIP ?? "";
  });
  afterAll(() => instance?.[Symbol.asyncDispose]());

  async function dig(...question: string[]): Promise<string[]> {
    const { stdout } = await run("dig", ["+short", "+tries=1", `@${server}`, ...question]);
    return stdout.split("\n").filter(Boolean).sort();
  }

  const of = (...pods: string[]): string[] => pods.map((pod) => addresses[pod] ?? "").sort();

  it("knows the Pods of a StatefulSet by their names, and their names by their addresses", async () => {
    expect(await dig("hostnames.default.svc.cluster.local")).toEqual(of("hostnames-0", "hostnames-1"));
    expect(await dig("hostnames-0.hostnames.default.svc.cluster.local")).toEqual(of("hostnames-0"));
    expect(await dig("SRV", "_http._tcp.hostnames.default.svc.cluster.local")).toEqual([
      "0 50 9376 hostnames-0.hostnames.default.svc.cluster.local.",
      "0 50 9376 hostnames-1.hostnames.default.svc.cluster.local.",
    ]);
    expect(await dig("-x", addresses["hostnames-1"] ?? "")).toContain(
      "hostnames-1.hostnames.default.svc.cluster.local.",
    );
  });

  it("knows a Pod by its hostname and subdomain, as the Pod itself does", async () => {
    expect(await dig("captain.team.default.svc.cluster.local")).toEqual(of("plain"));
    expect(await dig("-x", addresses["plain"] ?? "")).toEqual(["captain.team.default.svc.cluster.local."]);
    const own = await instance.kubectl("exec", "plain", "--", "hostname", "-f");
    expect(own.trim()).toBe("captain.team.default.svc.cluster.local");
    expect(await dig(`${addresses["plain"]?.replaceAll(".", "-")}.default.pod.cluster.local`)).toEqual(of("plain"));
  });

  it("leaves out Pods that are not ready, but where they are to be published", async () => {
    await instance.kubectl("exec", "hostnames-0", "--", "touch", "/tmp/unready");
    await eventually(async () => {
      expect(await dig("hostnames.default.svc.cluster.local")).toEqual(of("hostnames-1"));
      return true;
    }, "a Pod that is not ready has left");
    expect(await dig("hostnames-0.hostnames.default.svc.cluster.local")).toEqual([]);
    expect(await dig("all.default.svc.cluster.local")).toEqual(of("hostnames-0", "hostnames-1"));
    await instance.kubectl("exec", "hostnames-0", "--", "rm", "/tmp/unready");
    await eventually(async () => {
      expect(await dig("hostnames-0.hostnames.default.svc.cluster.local")).toEqual(of("hostnames-0"));
      return true;
    }, "the Pod is back");
  });

  it("tells each Pod's resolver what its policy and configuration say", async () => {
    const read = (pod: string) => instance.kubectl("exec", pod, "--", "cat", "/etc/resolv.conf");
    const search = /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local/;
    expect(await read("plain")).toMatch(search);
    expect(await read("plain")).toContain(`nameserver ${server}\noptions ndots:5\n`);
    expect(await read("own")).toBe("search my.example\nnameserver 192.0.2.53\noptions ndots:2 edns0\n");
    expect(await read("mixed")).toMatch(search);
    expect(await read("mixed")).toContain(
      `nameserver ${server}\nnameserver 192.0.2.1\nnameserver 192.0.2.2\noptions ndots:1\n`,
    );
    expect(await instance.kubectl("describe", "pod", "mixed")).toMatch(
      /Warning\s+DNSConfigForming\s.*Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: \S+ 192\.0\.2\.1 192\.0\.2\.2/,
    );
  });

  it("answers again after Skiff was killed", async () => {
    await killDaemon(instance);
    expect((await run("dig", ["+tries=1", "+timeout=1", `@${server}`, "cluster.local"])).code).not.toBe(0);
    await instance.skiff("up");
    expect(await dig("hostnames.default.svc.cluster.local")).toEqual(of("hostnames-0", "hostnames-1"));
  });
});
