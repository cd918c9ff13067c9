import { expect, test } from "vitest";
import { containerResources, qosClass } from "./resources.ts";

const memory = 8 * 1024 ** 3;
const container = (requests?: Record<string, string>, limits?: Record<string, string>) => ({
  name: "c",
  resources: { ...(requests && { requests }), ...(limits && { limits }) },
});

test.each([
  { own: container(), qos: "BestEffort", expected: { cpuShares: 2, oomScoreAdjust: 1000 } },
  {
    own: container({ cpu: "500m", memory: "1Gi" }, { cpu: "500m", memory: "1Gi" }),
    qos: "Guaranteed",
    expected: { cpuShares: 512, cpuQuota: 50_000, memoryLimit: 1024 ** 3, oomScoreAdjust: 0 },
  },
  {
    own: container({ cpu: "1", memory: "2Gi" }),
    qos: "Burstable",
    expected: { cpuShares: 1024, oomScoreAdjust: 750 },
  },
  {
    own: container(undefined, { cpu: "1m" }),
    qos: "Burstable",
    expected: { cpuShares: 2, cpuQuota: 1000, oomScoreAdjust: 999 },
  },
])("$own.resources: $qos", ({ own, qos, expected }) => {
  const spec = { containers: [own] };
  expect(qosClass(spec)).toBe(qos);
  expect(containerResources(spec, own, memory)).toEqual(expected);
});
