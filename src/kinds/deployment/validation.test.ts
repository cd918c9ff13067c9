import { describe, expect, it } from "vitest";
import { createErrors, updateErrors } from "../../../test/support/kinds.ts";
import { deployment } from "./index.ts";

const selector = { matchLabels: { a: "b" } };
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "busybox:1.35" }] } };
const object = (spec: object): object => ({ metadata: { name: "x" }, spec: { selector, template, ...spec } });
const rolling = (rollingUpdate: object): object => ({ strategy: { rollingUpdate } });
const noMatch = 'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`';

describe("a Deployment is refused", () => {
  it.each<[what: string, spec: object, errors: string[]]>([
    ["with a selector that its template does not match", { selector: { matchLabels: { a: "c" } } }, [noMatch]],
    ["without a selector", { selector: undefined }, ["spec.selector: Required value", noMatch]],
    [
      "with an empty selector",
      { selector: {} },
      ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
    ],
    [
      "with negative replicas",
      { replicas: -1 },
      ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
    ],
    [
      "without containers",
      { template: { ...template, spec: { containers: [] } } },
      ["spec.template.spec.containers: Required value"],
    ],
    [
      "without an image",
      { template: { ...template, spec: { containers: [{ name: "c" }] } } },
      ["spec.template.spec.containers[0].image: Required value"],
    ],
    [
      "when neither more nor fewer Pods are allowed",
      rolling({ maxSurge: 0, maxUnavailable: 0 }),
      ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
    ],
    [
      "when neither more nor fewer are allowed, in percent",
      rolling({ maxSurge: "0%", maxUnavailable: "0%" }),
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      "when more than all may be unavailable",
      rolling({ maxUnavailable: "150%" }),
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%'],
    ],
    [
      "with a surge that is no percentage",
      rolling({ maxSurge: "many" }),
      [
        "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"many\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ],
    ],
    [
      "when it rolls though it recreates",
      { strategy: { type: "Recreate", rollingUpdate: { maxSurge: 1 } } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      "with an unknown strategy",
      { strategy: { type: "BlueGreen" } },
      ['spec.strategy: Unsupported value: {"type":"BlueGreen"}: supported values: "Recreate", "RollingUpdate"'],
    ],
    [
      "with a deadline before Pods can be available",
      { minReadySeconds: 10, progressDeadlineSeconds: 10 },
      ["spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds"],
    ],
    [
      "with Pods that end",
      { template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } },
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
  ])("%s", (_what, spec, errors) => expect(createErrors(deployment, object(spec))).toEqual(errors));
});

it("may not change its selector", () => {
  const next = object({ selector: { matchLabels: { a: "z" } } });
  expect(updateErrors(deployment, object({}), next)).toEqual([
    noMatch,
    'spec.selector: Invalid value: {"matchLabels":{"a":"z"}}: field is immutable',
  ]);
});
