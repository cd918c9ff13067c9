import { expect, it } from "vitest";
import { createErrors, updateErrors } from "../../../test/support/kinds.ts";
import { statefulSet } from "./index.ts";

const selector = { matchLabels: { a: "b" } };
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "busybox:1.35" }] } };
const object = (spec: object): object => ({
  metadata: { name: "x" },
  spec: { serviceName: "s", selector, template, ...spec },
});
const fixed =
  "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

it.each<[what: string, spec: object, errors: string[]]>([
  [
    "an unknown order",
    { podManagementPolicy: "Random" },
    [`spec.podManagementPolicy: Invalid value: "Random": must be 'OrderedReady' or 'Parallel'`],
  ],
  [
    "an unknown strategy",
    { updateStrategy: { type: "X" } },
    [`spec.updateStrategy: Invalid value: {"type":"X"}: must be 'RollingUpdate' or 'OnDelete'`],
  ],
  [
    "a negative partition",
    { updateStrategy: { rollingUpdate: { partition: -1 } } },
    ["spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0"],
  ],
  [
    "an empty selector",
    { selector: {} },
    ["spec.selector: Invalid value: {}: empty selector is invalid for statefulset"],
  ],
])("a StatefulSet is refused with %s", (_what, spec, errors) =>
  expect(createErrors(statefulSet, object(spec))).toEqual(errors),
);

it.each<[what: string, spec: object, errors: string[]]>([
  ["replicas and strategy", { replicas: 3, updateStrategy: { type: "OnDelete" } }, []],
  ["its Service", { serviceName: "zz" }, [fixed]],
  ["its order", { podManagementPolicy: "Parallel" }, [fixed]],
])("an update that changes %s", (_what, spec, errors) =>
  expect(updateErrors(statefulSet, object({}), object(spec))).toEqual(errors),
);
