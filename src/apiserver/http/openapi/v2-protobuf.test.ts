import { expect, it } from "vitest";
import { fieldsOf } from "../protobuf/wire.ts";
import { encodeOpenApi2 } from "./v2-protobuf.ts";

/** Bytes at a path of field numbers, the first of each number. */
function at(message: Buffer, ...path: number[]): Buffer {
  return path.reduce((inner, number) => {
    const field = [...fieldsOf(inner)].find((one) => one.number === number);
    if (field?.wire !== "bytes") throw new Error(`no field ${number} in ${path.join(".")}`);
    return field.value;
  }, message);
}

const gvk = [{ group: "apps", version: "v1", kind: "Deployment" }];
const encoded = encodeOpenApi2({
  swagger: "2.0",
  info: { title: "Kubernetes", version: "v1.33.0" },
  paths: {
    "/apis/apps/v1/deployments/{name}": {
      parameters: [{ in: "path", name: "name", required: true, type: "string" }],
      patch: {
        operationId: "patchAppsV1Deployment",
        parameters: [
          { in: "body", name: "body", required: true, schema: { type: "object" } },
          { in: "query", name: "dryRun", type: "string" },
        ],
        responses: { "200": { description: "OK", schema: { $ref: "#/definitions/x" } } },
        "x-kubernetes-group-version-kind": gvk[0],
      },
    },
  },
  definitions: {
    x: {
      type: "object",
      description: "X",
      required: ["a"],
      properties: { a: { type: "array", items: { type: "string" } }, b: { additionalProperties: { type: "integer" } } },
      "x-kubernetes-group-version-kind": gvk,
    },
  },
});

it.each<[string, number[], string]>([
  ["swagger", [1], "2.0"],
  ["title", [2, 1], "Kubernetes"],
  ["path", [8, 2, 1], "/apis/apps/v1/deployments/{name}"],
  ["path parameter", [8, 2, 2, 9, 1, 2, 4, 4], "name"],
  ["operation", [8, 2, 2, 8, 5], "patchAppsV1Deployment"],
  ["body", [8, 2, 2, 8, 8, 1, 1, 2], "body"],
  ["kind of the operation", [8, 2, 2, 8, 13, 2, 2], JSON.stringify(gvk[0])],
  ["answer", [8, 2, 2, 8, 9, 1, 2, 1, 2, 1, 1], "#/definitions/x"],
  ["definition", [9, 1, 1], "x"],
  ["description", [9, 1, 2, 4], "X"],
  ["required", [9, 1, 2, 19], "a"],
  ["type", [9, 1, 2, 22, 1], "object"],
  ["property", [9, 1, 2, 25, 1, 1], "a"],
  ["type of items", [9, 1, 2, 25, 1, 2, 23, 1, 22, 1], "string"],
  ["kind of the definition", [9, 1, 2, 31, 2, 2], JSON.stringify(gvk)],
])("encodes the %s", (_, path, expected) => {
  expect(at(encoded, ...path).toString()).toBe(expected);
});

it("encodes query parameters", () => {
  const operation = at(encoded, 8, 2, 2, 8);
  const parameters = [...fieldsOf(operation)].filter(({ number }) => number === 8);
  const second = parameters[1];
  expect(second?.wire === "bytes" && at(second.value, 1, 2, 3, 4).toString()).toBe("dryRun");
});
