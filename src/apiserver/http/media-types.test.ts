import { describe, expect, it } from "vitest";
import { mediaTypeOf, negotiate } from "./media-types.ts";

const cases: [string | undefined, string][] = [
  [undefined, "json object v1"],
  ["", "json object v1"],
  ["*/*", "json object v1"],
  ["application/json", "json object v1"],
  ["application/yaml", "yaml object v1"],
  ["application/vnd.kubernetes.protobuf,application/json", "json object v1"],
  ["application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "json Table v1"],
  ["application/json;as=Table;v=v1beta1;g=meta.k8s.io", "json Table v1beta1"],
  ["application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "json object v1"],
  [
    "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    "json PartialObjectMetadataList v1",
  ],
  ["application/json;q=0.1, application/yaml", "yaml object v1"],
  ["text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "json object v1"],
];

describe("negotiate", () => {
  it.each(cases)("%s", (accept, expected) => {
    const { encoding, as, version } = negotiate(accept);
    expect(`${encoding} ${as} ${version}`).toBe(expected);
  });

  it.each(["text/plain", "application/vnd.kubernetes.protobuf", "application/json;as=Nothing;v=v1;g=meta.k8s.io"])(
    "refuses %s",
    (accept) => {
      expect(() => negotiate(accept)).toThrow(
        expect.objectContaining({ code: 406, reason: "NotAcceptable", message: "406: Not Acceptable" }),
      );
    },
  );
});

it("takes the media type out of a Content-Type", () => {
  expect(mediaTypeOf("Application/JSON; charset=utf-8")).toBe("application/json");
  expect(mediaTypeOf(undefined)).toBe("");
});
