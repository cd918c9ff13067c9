import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { EndpointSlice, Service } from "../machinery/types.ts";
import { compileService, podUidsOf } from "./compile.ts";

interface Case {
  case: string;
  service: NonNullable<Service["spec"]>;
  status?: NonNullable<Service["status"]>;
  annotations?: Record<string, string>;
  slices: EndpointSlice[];
}

function golden(name: string): string {
  return readFileSync(new URL(`golden/${name}`, import.meta.url), "utf8");
}

const cases = parse(golden("services.yaml")) as Case[];
const expected = JSON.parse(golden("rules.golden.json")) as Record<string, unknown>;
const context = { nodeName: "node", answeredElsewhere: new Set(["10.96.0.10"]) };

describe("compileService", () => {
  it.each(cases)("$case", ({ case: name, service, status, annotations, slices }) => {
    const rules = compileService(
      { spec: service, ...(status && { status }), ...(annotations && { metadata: { annotations } }) },
      slices,
      context,
    );
    // JSON has no undefined: null stands for "no rules".
    expect(rules ?? null).toEqual(expected[name]);
  });

  it("has a golden answer for every case, and no other", () => {
    expect(Object.keys(expected)).toEqual(cases.map((entry) => entry.case));
  });
});

it("names the Pods that are reached, once each", () => {
  const targets = [
    { ip: "10.244.0.5", port: 80, podUid: "a" },
    { ip: "192.0.2.1", port: 80 },
  ];
  const port = { name: "", protocol: "tcp" as const, addresses: ["10.96.7.10"], port: 80, targets };
  expect(podUidsOf({ ports: [port, { ...port, port: 81 }] })).toEqual(new Set(["a"]));
});
