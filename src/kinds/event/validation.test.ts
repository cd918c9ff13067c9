import { expect, it } from "vitest";
import { createErrors } from "../../../test/support/kinds.ts";
import { event } from "./index.ts";

const mismatch = "does not match event.namespace";
const full = {
  eventTime: "2026-01-01T00:00:00.000000Z",
  reportingComponent: "kubelet",
  reportingInstance: "node-1",
  action: "Stop",
  reason: "Killing",
};

it.each<[what: string, namespace: string, fields: object, errors: string[]]>([
  ["about a Pod of its namespace", "x", { involvedObject: { namespace: "x" } }, []],
  ["about a Node, in default", "default", { involvedObject: {} }, []],
  [
    "about a Node, elsewhere",
    "x",
    { involvedObject: {} },
    [`involvedObject.namespace: Invalid value: "": ${mismatch}`],
  ],
  [
    "about a Pod of another namespace",
    "x",
    { involvedObject: { namespace: "y" } },
    [`involvedObject.namespace: Invalid value: "y": ${mismatch}`],
  ],
  ["of the new sort", "kube-system", { ...full, involvedObject: {} }, []],
  [
    "of the new sort that says too little",
    "default",
    { eventTime: full.eventTime, involvedObject: {} },
    [
      "reportingController: Required value",
      "reportingInstance: Required value",
      "action: Required value",
      "reason: Required value",
    ],
  ],
])("an Event %s", (_what, namespace, fields, errors) => {
  expect(createErrors(event, { metadata: { name: "e", namespace }, ...fields })).toEqual(errors);
});
