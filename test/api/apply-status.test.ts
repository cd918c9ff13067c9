/** Server-side apply and `status`: https://kubernetes.io/docs/reference/using-api/server-side-apply/#the-status-subresource */
import { expect, it } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import type { Client } from "../../src/machinery/client.ts";
import type { FieldSet } from "../../src/machinery/patch/field-set.ts";
import { deployments } from "../../src/machinery/resource.ts";
import type { Deployment } from "../../src/machinery/types.ts";
import { refusal, startApi, type TestApi } from "../support/api.ts";

const key = { namespace: "default", name: "web" };
const about: Deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" } };
const labels = { app: "web" };
const spec = {
  replicas: 1,
  selector: { matchLabels: labels },
  template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "c:1" }] } },
};
const available = { type: "Available", status: "True", reason: "Enough", message: "enough" };

/** A Deployment of `kubectl` whose status a controller has written. */
async function begin(): Promise<TestApi & { kubectl: Client; dashboard: Client }> {
  const api = await startApi(kinds);
  const kubectl = api.clientOf("admin", "kubectl");
  const controller = api.clientOf("controller", "controller");
  const made = await kubectl.patch(deployments, key, "apply", { ...about, spec });
  const status = { observedGeneration: 1, replicas: 1, conditions: [available] };
  await controller.update(deployments, { ...made, status }, { subresource: "status" });
  return { ...api, kubectl, dashboard: api.clientOf("admin", "dashboard") };
}

/** The top-level fields of each entry: `controller/status: status`. */
function owners({ client }: TestApi): string[] {
  const entries = client.get(deployments, key)?.metadata.managedFields ?? [];
  return entries.map(({ manager, subresource, fieldsV1 }) => {
    const fields = Object.keys(fieldsV1 as FieldSet).map((field) => field.slice("f:".length));
    return `${manager}${subresource ? `/${subresource}` : ""}: ${fields.join(" ")}`;
  });
}

const statusApplied = (client: Client, status: Deployment["status"], more: object = {}, force = false) =>
  client.patch(deployments, key, "apply", { ...about, status, ...more }, { subresource: "status", force });

const progressing = { type: "Progressing", status: "True", reason: "Because", message: "because" };

it("to /status changes what it names there, and nothing else", async () => {
  await using api = await begin();
  const before = api.client.get(deployments, key);
  await statusApplied(api.dashboard, { readyReplicas: 1, conditions: [progressing] });
  const after = api.client.get(deployments, key);
  expect(after?.spec).toEqual(before?.spec);
  expect(after?.metadata.generation).toBe(1);
  expect(after?.status).toEqual({
    ...before?.status,
    readyReplicas: 1,
    conditions: [expect.objectContaining(available), expect.objectContaining(progressing)],
  });
  expect(owners(api)).toEqual(["dashboard/status: status", "kubectl: spec", "controller/status: status"]);
});

it("to /status takes back what it named before, and only that", async () => {
  await using api = await begin();
  const before = api.client.get(deployments, key)?.status;
  await statusApplied(api.dashboard, { readyReplicas: 1, conditions: [progressing] });
  await statusApplied(api.dashboard, { readyReplicas: 1 });
  expect(api.client.get(deployments, key)?.status).toEqual({ ...before, readyReplicas: 1 });
  await statusApplied(api.dashboard, {});
  expect(api.client.get(deployments, key)?.status).toEqual(before);
});

it("to /status neither writes nor owns nor disputes spec and metadata", async () => {
  await using api = await begin();
  const more = {
    metadata: { name: "web", labels: { of: "dashboard" } },
    spec: { ...spec, replicas: 5, paused: true },
  };
  await statusApplied(api.dashboard, { readyReplicas: 1 }, more);
  const after = api.client.get(deployments, key);
  expect(after?.spec).toMatchObject({ replicas: 1 });
  expect(after?.spec?.paused).toBeUndefined();
  expect(after?.metadata.labels).toBeUndefined();
  expect(owners(api)).toEqual(["dashboard/status: status", "kubectl: spec", "controller/status: status"]);
});

it("to /status disputes what another wrote there, unless it is forced", async () => {
  await using api = await begin();
  expect(await refusal(statusApplied(api.dashboard, { replicas: 7 }))).toEqual([
    409,
    "Conflict",
    'Apply failed with 1 conflict: conflict with "controller" with subresource "status" using apps/v1: .status.replicas',
  ]);
  await statusApplied(api.dashboard, { replicas: 7 }, {}, true);
  expect(api.client.get(deployments, key)?.status).toMatchObject({ replicas: 7, observedGeneration: 1 });
});

it.each(["apply", "update", "merge"] as const)(
  "of the object by %s leaves status and its owners alone",
  async (how) => {
    await using api = await begin();
    const before = api.client.get(deployments, key);
    const next = { ...about, spec: { ...spec, replicas: 2 }, status: { replicas: 9, readyReplicas: 9 } };
    if (how === "update") await api.kubectl.update(deployments, { ...next, metadata: key });
    else await api.kubectl.patch(deployments, key, how, next);
    const after = api.client.get(deployments, key);
    expect(after?.spec?.replicas).toBe(2);
    expect(after?.status).toEqual(before?.status);
    const ofController = (object = before) =>
      object?.metadata.managedFields?.filter(({ manager }) => manager === "controller");
    expect(ofController(after)).toEqual(ofController());
    expect(ofController()).toHaveLength(1);
  },
);

it("replaced without its status, the object keeps it, and who wrote it", async () => {
  await using api = await begin();
  await api.kubectl.update(deployments, { ...about, metadata: key, spec });
  expect(api.client.get(deployments, key)?.status).toMatchObject({ replicas: 1 });
  expect(owners(api)).toContain("controller/status: status");
});
