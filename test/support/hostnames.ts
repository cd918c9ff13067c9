/** The workload of most tests: Pods that tell their name, and a Service before them. */
import type { Pod, Service } from "../../src/machinery/types.ts";
import type { SkiffInstance } from "./skiff.ts";

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
