/** The Docker Engine is restarted, or dies, while Skiff runs. */
import { describe, expect, it } from "vitest";
import type { Pod, Service } from "../../src/machinery/types.ts";
import { Engine } from "../support/engine.ts";
import { get } from "../support/http.ts";
import { containersOf } from "../support/pods.ts";
import { eventually, SkiffInstance } from "../support/skiff.ts";

const pods = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: busybox:1.36
          command: [sh, -c, "hostname > /tmp/index.html; trap 'exit 0' TERM; httpd -f -p 8080 -h /tmp & wait"]
          readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
`;

async function podsOf(instance: SkiffInstance): Promise<Pod[]> {
  const { items } = await instance.json<{ items: Pod[] }>("get", "pods");
  return items;
}

const nameOf = ({ metadata }: Pod): string => metadata?.name ?? "";

describe("a Docker Engine that is restarted", () => {
  it("finds Skiff waiting for it; Pods and their Service come back", async () => {
    await using engine = await Engine.start("busybox:1.36");
    await using instance = await SkiffInstance.prepare({ DOCKER_HOST: engine.host });
    // An engine that was killed may not be able to remove what it has lost track of; the reset at the end has to.
    await using _engineBack = {
      async [Symbol.asyncDispose]() {
        await engine.start();
        await instance.trySkiff("down", "--keep-pods");
        await engine.refresh();
      },
    };
    await instance.up();
    await instance.apply(pods);
    const service = await instance.json<Service>("get", "service", "web");
    const url = `http://${service.spec?.clusterIP}/`;
    const { pid } = await instance.status();

    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      // Pods that were never restarted need not wait before they are.
      await instance.kubectl("rollout", "restart", "deployment/web");
      await instance.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
      const names = await currentPods(instance);
      await answers(url, names);

      await engine.stop(signal);
      await instance.kubectl("wait", "node", "--all", "--for=condition=Ready=False", "--timeout=30s");
      // Objects can be written all the same.
      await instance.kubectl("create", "configmap", `during-${signal.toLowerCase()}`);
      await engine.start();
      await instance.kubectl("wait", "node", "--all", "--for=condition=Ready", "--timeout=30s");
      await eventually(async () => {
        const present = await podsOf(instance);
        expect(present.map(nameOf).sort()).toEqual(names);
        for (const { status } of present) {
          expect(status?.containerStatuses).toMatchObject([{ ready: true }]);
          // An engine that ends in order stops its containers while it still answers: Skiff may start one once more.
          expect([1, 2]).toContain(status?.containerStatuses?.[0]?.restartCount);
        }
        return true;
      }, `all Pods are ready again after ${signal}`);
      const running = (await containersOf(instance)).filter(({ state }) => state === "running");
      expect(running).toHaveLength(2 * names.length);
      await answers(url, names);
    }
    expect((await instance.status()).pid).toBe(pid);
  });
});

/** Names of the two Pods, once those they replace are gone. */
async function currentPods(instance: SkiffInstance): Promise<string[]> {
  return eventually(async () => {
    const names = (await podsOf(instance)).map(nameOf).sort();
    return names.length === 2 ? names : undefined;
  }, "two Pods are left");
}

/** Calls until every Pod has answered; anybody else's answer is an error. */
async function answers(url: string, names: readonly string[]): Promise<void> {
  const answered = new Set<string>();
  await eventually(async () => {
    answered.add((await get(url)).trim());
    return answered.size >= names.length ? true : undefined;
  }, "all Pods answer through the Service");
  expect([...answered].sort()).toEqual(names);
}
