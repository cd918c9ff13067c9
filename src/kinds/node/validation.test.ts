import { expect, it } from "vitest";
import { createErrors, updateErrors } from "../../../test/support/kinds.ts";
import { node } from "./index.ts";

const object = (spec: object): object => ({ metadata: { name: "n" }, spec });

it.each<[what: string, taints: object[], errors: string[]]>([
  [
    "taints",
    [
      { key: "a", effect: "NoSchedule" },
      { key: "a", effect: "NoExecute" },
    ],
    [],
  ],
  ["a taint without effect", [{ key: "a" }], ["metadata.taints[0].effect: Required value"]],
  [
    "a taint of unknown effect",
    [{ key: "a", effect: "Never" }],
    [
      'metadata.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  ],
  [
    "one taint twice",
    [
      { key: "a", value: "b", effect: "NoSchedule" },
      { key: "a", effect: "NoSchedule" },
    ],
    ['metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}'],
  ],
])("a Node with %s", (_what, taints, errors) => expect(createErrors(node, object({ taints }))).toEqual(errors));

it("keeps the Pod network it was given", () => {
  const old = object({ podCIDR: "10.244.0.0/24" });
  expect(updateErrors(node, object({}), old)).toEqual([]);
  expect(updateErrors(node, old, object({ podCIDR: "10.244.1.0/24" }))).toEqual([
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
  ]);
});
