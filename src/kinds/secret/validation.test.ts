import { expect, it } from "vitest";
import { createErrors, updateErrors } from "../../../test/support/kinds.ts";
import { secret } from "./index.ts";

const object = (fields: object): object => ({ metadata: { name: "x" }, ...fields });

it.each<[type: string, fields: object, errors: string[]]>([
  ["kubernetes.io/tls", {}, ["data[tls.crt]: Required value", "data[tls.key]: Required value"]],
  ["kubernetes.io/tls", { stringData: { "tls.crt": "a", "tls.key": "b" } }, []],
  ["kubernetes.io/basic-auth", {}, ["data[username]: Required value", "data[password]: Required value"]],
  ["kubernetes.io/basic-auth", { stringData: { username: "a" } }, []],
  ["kubernetes.io/ssh-auth", {}, ["data[ssh-privatekey]: Required value"]],
  ["kubernetes.io/dockerconfigjson", {}, ["data[.dockerconfigjson]: Required value"]],
  ["kubernetes.io/dockerconfigjson", { stringData: { ".dockerconfigjson": "{}" } }, []],
  [
    "kubernetes.io/dockerconfigjson",
    { stringData: { ".dockerconfigjson": "hunter2" } },
    ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character'],
  ],
  [
    "kubernetes.io/service-account-token",
    {},
    ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
  ],
  ["example.com/own", {}, []],
])("a Secret of type %s with %j", (type, fields, errors) =>
  expect(createErrors(secret, object({ type, ...fields }))).toEqual(errors),
);

it("may not change its type", () => {
  expect(updateErrors(secret, object({}), object({ type: "x/y" }))).toEqual([
    'type: Invalid value: "x/y": field is immutable',
  ]);
});
