import { expect, it } from "vitest";
import { request, startApi } from "../../../test/support/api.ts";
import { widget, widgetSchemas, widgets } from "../../../test/support/widget.ts";
import type { EventRecorder } from "../../machinery/event-recorder.ts";

it("names a field that is not honoured in a Warning each time, and in an Event when it appears", async () => {
  const recorded: string[] = [];
  const events: EventRecorder = {
    record(about, type, reason, message) {
      recorded.push(`${type} ${reason} ${about.kind}: ${message}`);
    },
  };
  await using api = await startApi([widget], { schemas: widgetSchemas, events });
  const kind = api.registry.of(widgets);
  const key = { namespace: "default", name: "w" };
  const sentence = "spec.shape: stored, but not honoured by Skiff yet";
  await api.api.create(kind, "default", { metadata: { name: "w" } }, request());
  expect(recorded).toEqual([]);
  const first = request();
  await api.api.patch(kind, key, "merge", { spec: { shape: "round" } }, first);
  const second = request();
  await api.api.patch(kind, key, "merge", { spec: { size: 3 } }, second);
  expect([first.warnings, second.warnings]).toEqual([[sentence], [sentence]]);
  expect(recorded).toEqual([`Warning FieldNotHonoured Widget: ${sentence}`]);

  const owner = { apiVersion: "v1", kind: "X", name: "x", uid: "u", controller: true };
  const made = { metadata: { name: "made", ownerReferences: [owner] }, spec: { shape: "round" } };
  await api.api.create(kind, "default", made, request());
  const dry = { metadata: { name: "dry" }, spec: { shape: "round" } };
  await api.api.create(kind, "default", dry, request({ dryRun: true }));
  expect(recorded).toHaveLength(1);
  await api.api.create(kind, "default", { metadata: { name: "new" }, spec: { shape: "round" } }, request());
  expect(recorded).toHaveLength(2);
});
