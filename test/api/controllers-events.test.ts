import { expect, test } from "vitest";
import { event } from "../../src/kinds/event/index.ts";
import { ClientEventRecorder } from "../../src/machinery/client-event-recorder.ts";
import { timestamp } from "../../src/machinery/clock.ts";
import { silentLogger } from "../../src/machinery/log.ts";
import { events, namespaces } from "../../src/machinery/resource.ts";
import { startApi } from "../support/api.ts";
import { startControllers } from "../support/controllers.ts";

const pod = { apiVersion: "v1", kind: "Pod", namespace: "default", name: "web", uid: "u", resourceVersion: "5" };

async function begin() {
  const api = await startApi([event]);
  const { client, clock } = api;
  const recorder = new ClientEventRecorder({ client, clock, log: silentLogger, component: "kubelet", host: "node-1" });
  return { api, client, clock, recorder };
}

test("an Event says what happened to whom, when, how often and who tells", async () => {
  const { api, client, clock, recorder } = await begin();
  await using _api = api;
  const container = { ...pod, fieldPath: "spec.containers{c}" };
  recorder.record(container, "Normal", "Pulled", "here already");
  await recorder.flush();
  clock.advance(7_000);
  recorder.record(container, "Normal", "Pulled", "here already");
  recorder.record(container, "Normal", "Pulled", "here already");
  await recorder.flush();
  const [only, ...others] = client.list(events);
  expect(others).toEqual([]);
  expect(only).toMatchObject({
    metadata: { namespace: "default" },
    involvedObject: container,
    reason: "Pulled",
    message: "here already",
    type: "Normal",
    count: 3,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:07Z",
    source: { component: "kubelet", host: "node-1" },
    reportingComponent: "kubelet",
    reportingInstance: "node-1",
  });
  expect(only?.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
});

test("Events about cluster-scoped objects are in default; their order is that of their names", async () => {
  const { api, client, recorder } = await begin();
  await using _api = api;
  const node = await client.create(namespaces, { metadata: { name: "team" } });
  for (const reason of ["First", "Second", "Third"]) recorder.record(node, "Normal", reason, "text");
  await recorder.flush();
  expect(client.list(events).map(({ metadata, reason }) => `${metadata.namespace} ${reason}`)).toEqual([
    "default First",
    "default Second",
    "default Third",
  ]);
});

test("an Event that was deleted meanwhile is written anew", async () => {
  const { api, client, recorder } = await begin();
  await using _api = api;
  recorder.record(pod, "Warning", "BackOff", "again");
  await recorder.flush();
  for (const { metadata } of client.list(events))
    await client.delete(events, { namespace: "default", name: metadata.name });
  recorder.record(pod, "Warning", "BackOff", "again");
  await recorder.flush();
  expect(client.list(events)).toMatchObject([{ count: 2 }]);
});

test("an Event that nobody takes holds nobody up", async () => {
  const { api, client, recorder } = await begin();
  await using _api = api;
  recorder.record({ ...pod, namespace: "nowhere" }, "Normal", "Pulled", "text");
  await recorder.flush();
  recorder.record(pod, "Normal", "Pulled", "text");
  await recorder.flush();
  expect(client.list(events)).toHaveLength(1);
});

test("Events go an hour after they were last written, over a restart too", async () => {
  await using cluster = await startControllers([]);
  const { client, clock } = cluster;
  const now = () => timestamp(clock.now());
  const write = (name: string) => {
    const metadata = { namespace: "default", name };
    return client.create(events, { metadata, involvedObject: pod, reason: "R", lastTimestamp: now(), type: "Normal" });
  };
  const there = () => client.list(events).map(({ metadata }) => metadata.name);
  await write("one");
  await write("two");
  await cluster.passes(1_800_000);
  await client.patch(events, { namespace: "default", name: "one" }, "merge", { count: 2, lastTimestamp: now() });
  await write("three");
  await cluster.passes(1_900_000);
  expect(there()).toEqual(["one", "three"]);
  await cluster.restart();
  await cluster.passes(1_600_000);
  expect(there()).toEqual(["one", "three"]);
  await cluster.passes(200_000);
  expect(there()).toEqual([]);
});
