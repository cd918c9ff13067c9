/**
 * The OpenAPI 2 document as the protobuf message `openapi.v2.Document` of google/gnostic, which kubectl before 1.28 reads, and knows
 * no other form of. Only what {@link openApi2Document} writes is encoded. Numbers of fields: gnostic's `openapiv2/OpenAPIv2.proto`.
 */
import { booleanField, bytesField, messageField } from "../protobuf/write.ts";
import type { Json } from "./schema-document.ts";

/** Under which name clients ask for it. An `@` has no place in a media type: the answer is named with a dot. */
export const askedProtobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
export const openApi2Protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

export function encodeOpenApi2(document: Json): Buffer {
  const { swagger, info, paths, definitions } = document;
  return Buffer.concat([
    bytesField(1, text(swagger)),
    messageField(2, bytesField(1, text(json(info)["title"])), bytesField(2, text(json(info)["version"]))),
    messageField(8, ...entries(paths).map(([path, item]) => named(2, path, pathItem(json(item))))),
    messageField(9, ...entries(definitions).map(([name, schema]) => named(1, name, schemaOf(json(schema))))),
  ]);
}

const methodNumbers: Readonly<Record<string, number>> = { get: 2, put: 3, post: 4, delete: 5, patch: 8 };

function pathItem(item: Json): Buffer {
  const operations = entries(item).flatMap(([method, operation]) => {
    const number = methodNumbers[method];
    return number === undefined ? [] : [messageField(number, ...operationOf(json(operation)))];
  });
  return Buffer.concat([...operations, ...list(item["parameters"]).map((each) => parameter(9, json(each)))]);
}

function operationOf(operation: Json): Buffer[] {
  return [
    bytesField(5, text(operation["operationId"])),
    ...list(operation["produces"]).map((type) => bytesField(6, text(type))),
    ...list(operation["consumes"]).map((type) => bytesField(7, text(type))),
    ...list(operation["parameters"]).map((each) => parameter(8, json(each))),
    messageField(9, ...entries(operation["responses"]).map(([code, answer]) => named(1, code, response(json(answer))))),
    ...extensions(13, operation),
  ];
}

function parameter(number: number, parameter: Json): Buffer {
  return messageField(number, messageField(1, parameterForm(parameter)));
}

function parameterForm(parameter: Json): Buffer {
  const name = bytesField(4, text(parameter["name"]));
  const required = booleanField(1, parameter["required"]);
  const type = text(parameter["type"]);
  const unique = parameter["uniqueItems"];
  switch (parameter["in"]) {
    case "body":
      return messageField(
        1,
        bytesField(2, text(parameter["name"])),
        bytesField(3, "body"),
        booleanField(4, parameter["required"]),
        bytesField(5, schemaOf(json(parameter["schema"]))),
      );
    case "query":
      return messageField(
        2,
        messageField(3, required, bytesField(2, "query"), name, bytesField(6, type), booleanField(20, unique)),
      );
    default:
      return messageField(
        2,
        messageField(4, required, bytesField(2, "path"), name, bytesField(5, type), booleanField(19, unique)),
      );
  }
}

function response(answer: Json): Buffer {
  const schema = answer["schema"] ? [messageField(2, bytesField(1, schemaOf(json(answer["schema"]))))] : [];
  return messageField(1, bytesField(1, text(answer["description"])), ...schema);
}

function schemaOf(schema: Json): Buffer {
  const { additionalProperties, items, properties } = schema;
  return Buffer.concat([
    bytesField(1, text(schema["$ref"])),
    bytesField(2, text(schema["format"])),
    bytesField(4, text(schema["description"])),
    ...list(schema["required"]).map((name) => bytesField(19, text(name))),
    ...list(schema["enum"]).map((value) => messageField(20, bytesField(2, JSON.stringify(value)))),
    ...(additionalProperties ? [messageField(21, bytesField(1, schemaOf(json(additionalProperties))))] : []),
    ...(schema["type"] ? [messageField(22, bytesField(1, text(schema["type"])))] : []),
    ...(items ? [messageField(23, bytesField(1, schemaOf(json(items))))] : []),
    ...(properties
      ? [messageField(25, ...entries(properties).map(([name, property]) => named(1, name, schemaOf(json(property)))))]
      : []),
    ...extensions(31, schema),
  ]);
}

/** `x-…`, whose values are YAML, of which JSON is a part. */
function extensions(number: number, of: Json): Buffer[] {
  return entries(of)
    .filter(([name]) => name.startsWith("x-"))
    .map(([name, value]) => named(number, name, bytesField(2, JSON.stringify(value))));
}

function named(number: number, name: string, value: Buffer): Buffer {
  return messageField(number, bytesField(1, name), bytesField(2, value));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function json(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function entries(value: unknown): [string, unknown][] {
  return Object.entries(json(value));
}
