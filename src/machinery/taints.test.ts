import { expect, test } from "vitest";
import { type Taint, type Toleration, toleratedSeconds } from "./taints.ts";

const gone: Taint = { key: "gone", value: "1", effect: "NoExecute" };
const slow: Taint = { key: "slow", effect: "NoExecute" };
const forever = Number.POSITIVE_INFINITY;

test.each<[what: string, tolerations: Toleration[], taints: Taint[], seconds: number]>([
  ["no taint", [], [], forever],
  ["no toleration", [], [gone], 0],
  ["one for ever", [{ key: "gone", operator: "Exists" }], [gone], forever],
  ["one for a while", [{ key: "gone", operator: "Exists", tolerationSeconds: 60 }], [gone], 60],
  ["another value", [{ key: "gone", value: "2", tolerationSeconds: 60 }], [gone], 0],
  ["one of two taints", [{ key: "gone", operator: "Exists" }], [gone, slow], 0],
  [
    "both, the shorter counts",
    [
      { key: "gone", value: "1", tolerationSeconds: 60 },
      { operator: "Exists", effect: "NoExecute", tolerationSeconds: 30 },
    ],
    [gone, slow],
    30,
  ],
  ["a negative time", [{ operator: "Exists", tolerationSeconds: -1 }], [gone], 0],
])("%s", (_what, tolerations, taints, seconds) => expect(toleratedSeconds(tolerations, taints)).toBe(seconds));
