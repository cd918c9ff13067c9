import { expect, it } from "vitest";
import { deepFreeze } from "../../machinery/object.ts";
import { listJson, objectJson, watchLine } from "./serialize.ts";

const frozen = deepFreeze({ metadata: { name: "a" }, data: { x: "ü" }, apiVersion: "v1", kind: "ConfigMap" });

it("writes kind and apiVersion first", () => {
  expect(objectJson(frozen)).toBe('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"x":"ü"}}');
  expect(objectJson({ kind: "Empty", apiVersion: "v1" })).toBe('{"kind":"Empty","apiVersion":"v1"}');
});

it("writes lists whose items have no kind", () => {
  expect(listJson("ConfigMapList", "v1", { resourceVersion: "7" }, [frozen, frozen])).toBe(
    '{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[' +
      '{"metadata":{"name":"a"},"data":{"x":"ü"}},{"metadata":{"name":"a"},"data":{"x":"ü"}}]}',
  );
});

it("encodes a frozen object's event once", () => {
  const line = watchLine("ADDED", frozen);
  expect(line.toString()).toBe(`{"type":"ADDED","object":${objectJson(frozen)}}\n`);
  expect(watchLine("ADDED", frozen)).toBe(line);
  expect(watchLine("DELETED", frozen)).not.toBe(line);
});

it("keeps nothing of an object that may change", () => {
  const object = { kind: "A", apiVersion: "v1", metadata: { name: "a" } };
  objectJson(object);
  object.metadata.name = "b";
  expect(objectJson(object)).toContain('"name":"b"');
});
