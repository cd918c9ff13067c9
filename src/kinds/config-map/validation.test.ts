import { expect, it } from "vitest";
import { createErrors, updateErrors } from "../../../test/support/kinds.ts";
import { configMap } from "./index.ts";

const key =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const object = (fields: object): object => ({ metadata: { name: "x" }, ...fields });
const mib = 1024 * 1024;

it.each<[what: string, fields: object, errors: string[]]>([
  ["an empty key", { data: { "": "v" } }, [`data[]: Invalid value: "": ${key}`]],
  [
    "a key in both",
    { data: { a: "v" }, binaryData: { a: "AA==" } },
    ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  ],
  ["more than a MiB", { data: { a: "x".repeat(mib + 1) } }, ["[]: Too long: may not be more than 1048576 bytes"]],
  ["a MiB", { data: { a: "x".repeat(mib) } }, []],
])("a ConfigMap with %s", (_what, fields, errors) => expect(createErrors(configMap, object(fields))).toEqual(errors));

it.each<[what: string, fields: object, errors: string[]]>([
  ["nothing", { immutable: true, data: { a: "1" } }, []],
  ["its data", { immutable: true, data: { a: "2" } }, ["data: Forbidden: field is immutable when `immutable` is set"]],
  ["that", { data: { a: "1" } }, ["immutable: Forbidden: field is immutable when `immutable` is set"]],
])("an immutable ConfigMap that changes %s", (_what, fields, errors) => {
  const old = object({ immutable: true, data: { a: "1" } });
  expect(updateErrors(configMap, old, object(fields))).toEqual(errors);
});
