import { describe, expect, it } from "vitest";
import { defineKind, type KindDefinition } from "../../machinery/kind.ts";
import { configMaps } from "../../machinery/resource.ts";
import { includeObjectOf, tableJson } from "./table.ts";

const kind: KindDefinition = defineKind({
  resource: configMaps,
  singular: "configmap",
  schema: "core.v1.ConfigMap",
  columns: [
    { name: "Name", type: "string", format: "name", description: "Its name", value: (object) => object.metadata.name },
    { name: "Data", type: "integer", value: (object) => Object.keys(object.data ?? {}).length },
    { name: "Age", type: "string", priority: 1, value: (_, now) => `${now}s` },
  ],
});

const stored = {
  kind: "ConfigMap",
  apiVersion: "v1",
  metadata: { name: "a", uid: "u", resourceVersion: "5", creationTimestamp: "2026-01-01T00:00:00Z" },
  data: { x: "1" },
};

function table(includeObject: "None" | "Metadata" | "Object", withColumns = true): unknown {
  return JSON.parse(
    tableJson(kind, { version: "v1", includeObject }, { resourceVersion: "9" }, [stored], 3, withColumns),
  );
}

describe("tableJson", () => {
  it("has a row per object", () => {
    expect(table("Metadata")).toEqual({
      kind: "Table",
      apiVersion: "meta.k8s.io/v1",
      metadata: { resourceVersion: "9" },
      columnDefinitions: [
        { name: "Name", type: "string", format: "name", description: "Its name", priority: 0 },
        { name: "Data", type: "integer", format: "", description: "", priority: 0 },
        { name: "Age", type: "string", format: "", description: "", priority: 1 },
      ],
      rows: [
        {
          cells: ["a", 1, "3s"],
          object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: stored.metadata },
        },
      ],
    });
  });

  it("includes as much of the object as was asked for", () => {
    expect(table("None")).toMatchObject({ rows: [{ cells: ["a", 1, "3s"], object: null }] });
    expect(table("Object")).toMatchObject({ rows: [{ object: stored }] });
  });

  it("leaves out the columns where the client knows them", () => {
    expect(table("None", false)).toMatchObject({ columnDefinitions: null });
  });
});

it("reads includeObject", () => {
  expect(includeObjectOf(new URLSearchParams())).toBe("Metadata");
  expect(includeObjectOf(new URLSearchParams("includeObject=Object"))).toBe("Object");
  expect(() => includeObjectOf(new URLSearchParams("includeObject=All"))).toThrow(
    'unrecognized includeObject value: "All"',
  );
});
