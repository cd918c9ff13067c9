import { describe, expect, it } from "vitest";
import { configMap, namespace } from "../../../test/support/api.ts";
import { printFieldError } from "../../machinery/field-error.ts";
import type { ObjectMeta } from "../../machinery/types.ts";
import { metadataErrors } from "./validate-metadata.ts";

const name =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u" };
const controller = (owned: string) => ({ ...owner, name: owned, controller: true });

function errors(metadata: ObjectMeta): string[] {
  return metadataErrors(configMap, { metadata: { name: "x", namespace: "default", ...metadata } }).map(printFieldError);
}

describe("metadata", () => {
  it.each<[what: string, metadata: ObjectMeta]>([
    ["a plain name", {}],
    ["a generated name", { generateName: "a-", name: "a-x" }],
    ["labels", { labels: { a: "", "example.com/b": "C_d.e-1" } }],
    ["annotations of any text and prefix in upper case", { annotations: { "Example.com/a": "any\ntext" } }],
    ["an owner", { ownerReferences: [owner, controller("c")] }],
    ["finalizers", { finalizers: ["foregroundDeletion", "example.com/mine"] }],
  ])("may have %s", (_what, metadata) => {
    expect(errors(metadata)).toEqual([]);
  });

  it.each<[what: string, metadata: ObjectMeta, errors: string[]]>([
    ["a bad label key", { labels: { "a b": "c" } }, [`metadata.labels: Invalid value: "a b": ${name}`]],
    ["a bad label value", { labels: { a: "not!" } }, [`metadata.labels: Invalid value: "not!": ${labelValue}`]],
    ["a bad annotation key", { annotations: { "a b": "" } }, [`metadata.annotations: Invalid value: "a b": ${name}`]],
    [
      "too much in its annotations",
      { annotations: { a: "x".repeat(262_144) } },
      ["metadata.annotations: Too long: may not be more than 262144 bytes"],
    ],
    [
      "an owner without identity",
      { ownerReferences: [{ apiVersion: "", kind: "", name: "", uid: "" }] },
      [
        'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
        'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      ],
    ],
    [
      "a finalizer of nobody",
      { finalizers: ["mine"] },
      [
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [
      "both ways of deleting",
      { finalizers: ["orphan", "foregroundDeletion"] },
      [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
  ])("may not have %s", (_what, metadata, expected) => {
    expect(errors(metadata)).toEqual(expected);
  });

  it("may have one controller", () => {
    const [error] = errors({ ownerReferences: [controller("a"), controller("b")] });
    expect(error).toContain(
      'Only one reference can have Controller set to true. Found "true" in references for a and b',
    );
  });

  it("belongs to a namespace only where the kind does", () => {
    expect(errors({ namespace: "" })).toEqual(["metadata.namespace: Required value"]);
    const clusterScoped = metadataErrors(namespace, { metadata: { name: "x", namespace: "default" } });
    expect(clusterScoped.map(printFieldError)).toEqual(["metadata.namespace: Forbidden: not allowed on this type"]);
  });

  it("says what is wrong with the base of a generated name", () => {
    expect(errors({ generateName: "A-", name: "a-x" })[0]).toMatch(/^metadata\.generateName: Invalid value: "A-": a /);
  });
});
