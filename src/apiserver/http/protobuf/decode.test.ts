import { describe, expect, it } from "vitest";
import { builtinSchemas } from "../../../machinery/schema/builtin-schemas.ts";
import { decodeProtobuf } from "./decode.ts";
import numbers from "./field-numbers.json" with { type: "json" };
import { ProtobufError } from "./wire.ts";

/** A field of bytes: texts, messages. */
function bytes(number: number, ...parts: (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(content.length)), content]);
}

function int(number: number, value: number): Buffer {
  return Buffer.concat([varint(BigInt(number << 3)), varint(BigInt.asUintN(64, BigInt(value)))]);
}

function varint(value: bigint): Buffer {
  const out: number[] = [];
  let rest = value;
  do {
    out.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(out);
}

function decode(apiVersion: string, kind: string, ...fields: Buffer[]): unknown {
  const typeMeta = bytes(1, bytes(1, apiVersion), bytes(2, kind));
  const envelope = Buffer.concat([Buffer.from("k8s\0"), typeMeta, bytes(2, ...fields), bytes(3), bytes(4)]);
  return decodeProtobuf(envelope, builtinSchemas, numbers);
}

describe("decodeProtobuf", () => {
  it("reads maps and bytes", () => {
    const secret = decode(
      "v1",
      "Secret",
      bytes(1, bytes(1, "s"), bytes(11, bytes(1, "a"), bytes(2, "b")), bytes(11, bytes(1, "c"), bytes(2))),
      bytes(2, bytes(1, "key"), bytes(2, "value")),
      bytes(3, "Opaque"),
      int(5, 1),
    );
    expect(secret).toEqual({
      kind: "Secret",
      apiVersion: "v1",
      metadata: { name: "s", labels: { a: "b", c: "" } },
      data: { key: btoa("value") },
      type: "Opaque",
      immutable: true,
    });
  });

  it("reads lists, nested and shared types", () => {
    const container = bytes(
      2,
      bytes(1, "c"),
      bytes(3, "sleep"),
      bytes(3, "1"),
      bytes(6, int(3, 80)),
      bytes(8, bytes(1, bytes(1, "cpu"), bytes(2, bytes(1, "100m")))),
      bytes(10, bytes(1, bytes(2, bytes(1, "/"), bytes(2, int(1, 1), bytes(3, "http")))), int(2, 5)),
    );
    const volume = bytes(1, bytes(1, "v"), bytes(2, bytes(19, bytes(1, bytes(1, "cm")), int(3, 420))));
    const pod = decode("v1", "Pod", bytes(2, volume, container, int(4, 0), bytes(14, int(4, -1), int(4, 2000))));
    expect(pod).toMatchObject({
      spec: {
        volumes: [{ name: "v", configMap: { name: "cm", defaultMode: 420 } }],
        containers: [
          {
            name: "c",
            command: ["sleep", "1"],
            ports: [{ containerPort: 80 }],
            resources: { limits: { cpu: "100m" } },
            livenessProbe: { httpGet: { path: "/" }, initialDelaySeconds: 5 },
          },
        ],
        terminationGracePeriodSeconds: 0,
        securityContext: { supplementalGroups: [-1, 2000] },
      },
    });
  });

  it("reads integers that may be texts, and times", () => {
    const rolling = (surge: Buffer) => bytes(2, bytes(4, bytes(2, bytes(2, surge))));
    expect(decode("apps/v1", "Deployment", rolling(Buffer.concat([int(1, 1), bytes(3, "25%")])))).toMatchObject({
      spec: { strategy: { rollingUpdate: { maxSurge: "25%" } } },
    });
    expect(decode("apps/v1", "Deployment", rolling(int(2, 3)))).toMatchObject({
      spec: { strategy: { rollingUpdate: { maxSurge: 3 } } },
    });
    const at = Date.UTC(2026, 0, 1) / 1000;
    expect(
      decode("coordination.k8s.io/v1", "Lease", bytes(1, bytes(8)), bytes(2, bytes(3, int(1, at), int(2, 5000)))),
    ).toEqual({
      kind: "Lease",
      apiVersion: "coordination.k8s.io/v1",
      metadata: {},
      spec: { acquireTime: "2026-01-01T00:00:00.000005Z" },
    });
  });

  it("reads options under any group's name", () => {
    expect(decode("apps/v1", "DeleteOptions", int(1, 0), bytes(4, "Foreground"))).toEqual({
      kind: "DeleteOptions",
      apiVersion: "apps/v1",
      gracePeriodSeconds: 0,
      propagationPolicy: "Foreground",
    });
  });

  it("refuses what is no protobuf, cut short, or of an unknown kind", () => {
    const whole = (body: Buffer) => () => decodeProtobuf(body, builtinSchemas, numbers);
    expect(whole(Buffer.from("{}"))).toThrow(ProtobufError);
    expect(whole(Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x0a, 0x7f])]))).toThrow("unexpected EOF");
    expect(() => decode("v1", "Widget")).toThrow('no kind "Widget" is registered for version "v1"');
  });
});
