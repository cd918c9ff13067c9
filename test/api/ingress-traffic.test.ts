/** What the Ingress controller tells those who end Pods, or count them, of headless Services: the proxy has no rules for these. */
import { expect, it } from "vitest";
import { endpointSlices, ingresses, services } from "../../src/machinery/resource.ts";
import type { Endpoint } from "../../src/machinery/types.ts";
import { IngressLab, rulesFor } from "../support/ingress-lab.ts";

const key = (name: string) => ({ namespace: "default", name });

/** A Service whose Pods have their names as UIDs; the lab's other Services are no Pods. */
async function serve(lab: IngressLab, name: string, clusterIP: string, pods: readonly string[]): Promise<void> {
  await lab.api.client.create(services, {
    metadata: key(name),
    spec: { clusterIP, selector: { app: name }, ports: [{ port: 80 }] },
  });
  await lab.api.client.create(endpointSlices, {
    metadata: { ...key(name), labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ name: "", port: 8080, protocol: "TCP" }],
    endpoints: pods.map((pod, index) => endpoint(pod, index)),
  });
}

function endpoint(uid: string, index: number, conditions: Endpoint["conditions"] = { ready: true }): Endpoint {
  return { addresses: [`192.0.2.${index + 1}`], conditions, targetRef: { kind: "Pod", name: uid, uid } };
}

it("names the Pods of headless Services that an Ingress leads to, and of no other", async () => {
  await using lab = await IngressLab.start();
  await serve(lab, "led-to", "None", ["a", "b"]);
  await serve(lab, "default", "None", ["c"]);
  await serve(lab, "left-alone", "None", ["d"]);
  await serve(lab, "balanced", "10.96.1.1", ["e"]);
  const reached = (name: string) => lab.traffic.podsInForce("default", name);
  expect(reached("led-to")).toBeUndefined();
  const backend = { service: { name: "default", port: { number: 80 } } };
  await lab.ingress("all", {
    defaultBackend: backend,
    rules: rulesFor("a.b", { "/": "led-to", "/x": "balanced", "/y": "none" }),
  });
  expect(["led-to", "default", "left-alone", "balanced", "none"].map(reached)).toEqual([
    new Set(["a", "b"]),
    new Set(["c"]),
    undefined,
    // The proxy tells of it.
    undefined,
    undefined,
  ]);
  await lab.api.client.delete(ingresses, key("all"));
  await lab.settled();
  expect(reached("led-to")).toBeUndefined();
});

it("names those of a Service that was called by its own name", async () => {
  await using lab = await IngressLab.start();
  await serve(lab, "web", "None", []);
  expect(lab.traffic.podsInForce("default", "web")).toBeUndefined();
  expect((await lab.get("web.default.localhost", "/")).status).toBe(503);
  expect(lab.traffic.podsInForce("default", "web")).toEqual(new Set());
});

it("tells of a Pod that comes or goes once its requests do", async () => {
  await using lab = await IngressLab.start();
  await serve(lab, "web", "None", ["a", "b"]);
  await lab.ingress("all", { rules: rulesFor(undefined, { "/": "web" }) });
  const told: [moved: string[], reached: string[]][] = [];
  lab.traffic.onChange((uids) => {
    told.push([[...uids].sort(), [...(lab.traffic.podsInForce("default", "web") ?? [])].sort()]);
  });
  const change = (endpoints: Endpoint[]) =>
    lab.api.client.patch(endpointSlices, key("web"), "merge", { endpoints: endpoints as object[] });
  const ending = { ready: false, serving: true, terminating: true };
  await change([endpoint("a", 0, ending), endpoint("b", 1), endpoint("c", 2)]);
  // One that ends is asked as long as there is no other.
  await change([endpoint("b", 1, ending)]);
  await lab.api.client.delete(services, key("web"));
  expect(told).toEqual([
    [
      ["a", "c"],
      ["b", "c"],
    ],
    [["c"], ["b"]],
    [["b"], []],
  ]);
});
