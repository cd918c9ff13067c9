import { expect, test } from "vitest";
import type { Stored } from "../../machinery/object.ts";
import type { Endpoint, EndpointSlice } from "../../machinery/types.ts";
import { allocate } from "./allocate.ts";
import type { EndpointPort, PortGroup } from "./endpoint.ts";

const http: EndpointPort[] = [{ name: "http", port: 80, protocol: "TCP" }];
const other: EndpointPort[] = [{ name: "http", port: 8080, protocol: "TCP" }];

const endpoint = (index: number, ready = true): Endpoint => ({
  addresses: [`10.0.0.${index}`],
  conditions: { ready },
  targetRef: { kind: "Pod", uid: String(index) },
});

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => endpoint(from + index));

function slice(name: string, endpoints: Endpoint[], ports = http): Stored<EndpointSlice> {
  const metadata = { name, uid: name, resourceVersion: "1", creationTimestamp: "" };
  return { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata, addressType: "IPv4", endpoints, ports };
}

function outcome(groups: PortGroup[], slices: Stored<EndpointSlice>[]) {
  const { create, keep, remove } = allocate(groups, slices);
  return {
    create: create.map(({ endpoints }) => endpoints.length),
    keep: keep.map(({ slice, content }) => `${slice.metadata.name}:${content.endpoints.length}`),
    remove: remove.map(({ metadata }) => metadata.name),
  };
}

interface Case {
  what: string;
  groups: PortGroup[];
  slices: Stored<EndpointSlice>[];
  create?: number[];
  keep?: string[];
  remove?: string[];
}

test.each<Case>([
  { what: "no endpoints: one empty slice", groups: [], slices: [], create: [0] },
  { what: "still none: it stays", groups: [], slices: [slice("a", [], [])], keep: ["a:0"] },
  {
    what: "none left: the slice is emptied, not replaced",
    groups: [],
    slices: [slice("a", range(0, 2))],
    keep: ["a:0"],
  },
  {
    what: "the first endpoints fill it",
    groups: [{ ports: http, endpoints: range(0, 2) }],
    slices: [slice("a", [], [])],
    keep: ["a:2"],
  },
  {
    what: "at most 100 in one",
    groups: [{ ports: http, endpoints: range(0, 250) }],
    slices: [],
    create: [100, 100, 50],
  },
  {
    what: "newcomers go where there is room",
    groups: [{ ports: http, endpoints: range(0, 120) }],
    slices: [slice("a", range(0, 100)), slice("b", range(100, 110))],
    keep: ["a:100", "b:20"],
  },
  {
    what: "and into slices that change anyway before others",
    groups: [{ ports: http, endpoints: range(1, 112) }],
    slices: [slice("a", range(0, 100)), slice("b", range(100, 110))],
    keep: ["a:100", "b:11"],
  },
  {
    what: "an empty slice goes while others remain",
    groups: [{ ports: http, endpoints: range(0, 100) }],
    slices: [slice("a", range(0, 100)), slice("b", range(100, 110))],
    keep: ["a:100"],
    remove: ["b"],
  },
  {
    what: "Pods with other numbers for the ports have slices of their own",
    groups: [
      { ports: http, endpoints: range(0, 2) },
      { ports: other, endpoints: range(2, 3) },
    ],
    slices: [slice("a", range(0, 3))],
    create: [1],
    keep: ["a:2"],
  },
])("$what", ({ groups, slices, create = [], keep = [], remove = [] }) => {
  expect(outcome(groups, slices)).toEqual({ create, keep, remove });
});

test("conditions are those of now", () => {
  const { keep } = allocate([{ ports: http, endpoints: [endpoint(0, false)] }], [slice("a", [endpoint(0, true)])]);
  expect(keep[0]?.content.endpoints).toEqual([endpoint(0, false)]);
});
