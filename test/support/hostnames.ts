/** The workload of most tests: Pods that tell their name, and a Service before them. */
import type { Pod, Service } from "../../src/machinery/types.ts";
import type { SkiffInstance } from "./skiff.ts";

/**
 * A Deployment whose Pods can be told to be not ready (`touch /tmp/unready`), and take their time to finish what is under way.
 * Its port is named `web`; it has no Service.
 * @param command in place of the image's own.
 */
export const flappable = (name: string, replicas: number, command?: readonly string[]): string => `
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
          ${command ? `command: ${JSON.stringify(command)}` : ""}
          ports: [{ name: web, containerPort: 9376 }]
          readinessProbe:
            exec: { command: [sh, -c, "test ! -e /tmp/unready && wget -q -O - http://127.0.0.1:9376/"] }
            periodSeconds: 1
            # That a command takes its time on a busy machine says nothing about the server.
            timeoutSeconds: 10
            failureThreshold: 1
`;

/** What may not cost a request: a rolling update, scaling, and Pods of {@link flappable} that stop being ready for a while. */
export async function shake(instance: SkiffInstance, name: string, replicas: readonly number[]): Promise<void> {
  const rolledOut = () => instance.kubectl("rollout", "status", `deployment/${name}`, "--timeout=90s");
  await instance.kubectl("rollout", "restart", `deployment/${name}`);
  await rolledOut();
  for (const count of replicas) {
    await instance.kubectl("scale", `deployment/${name}`, `--replicas=${count}`);
    await rolledOut();
  }
  const { items } = await instance.json<{ items: Pod[] }>("get", "pods", "-l", `app=${name}`);
  const present = items.filter(({ metadata }) => !metadata?.deletionTimestamp);
  // One of them stays ready throughout.
  for (const { metadata } of present.slice(1)) {
    const pod = metadata?.name ?? "";
    for (const [command, ready] of [
      ["touch", "False"],
      ["rm", "True"],
    ] as const) {
      await instance.kubectl("exec", pod, "--", command, "/tmp/unready");
      await instance.kubectl("wait", "pod", pod, `--for=condition=Ready=${ready}`, "--timeout=20s");
    }
  }
}

/** Two replicas. */
export const hostnames = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: hostnames }
spec:
  replicas: 2
  selector: { matchLabels: { app: hostnames } }
  template:
    metadata: { labels: { app: hostnames } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: hostnames
          image: hostnames:1
          readinessProbe: { httpGet: { path: /, port: 9376 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: hostnames }
spec:
  selector: { app: hostnames }
  ports: [{ port: 80, targetPort: 9376 }]
`;

/** @returns the Service's URL once its Pods answer. */
export async function runHostnames(instance: SkiffInstance): Promise<string> {
  await instance.apply(hostnames);
  await instance.kubectl("rollout", "status", "deployment/hostnames", "--timeout=60s");
  const { spec } = await instance.json<Service>("get", "service", "hostnames");
  return `http://${spec?.clusterIP}/`;
}

export async function podNames(instance: SkiffInstance): Promise<string[]> {
  const { items } = await instance.json<{ items: Pod[] }>("get", "pods");
  return items.map(({ metadata }) => metadata?.name ?? "").sort();
}
