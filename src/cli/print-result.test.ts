import { describe, expect, it } from "vitest";
import type { ApplyItem, ApplyResult } from "../machinery/apply-result.ts";
import { printResult } from "./print-result.ts";

const result = (items: ApplyItem[], more: Partial<ApplyResult> = {}): ApplyResult => ({
  kind: "ApplyResult",
  items,
  notConverted: [],
  warnings: [],
  projects: [],
  ...more,
});
const at = { file: "a.yaml", line: 3 };
const settings = { apiVersion: "v1", kind: "ConfigMap", name: "settings", ...at };
const web = { apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: "shop", ...at };
const slice = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", name: "x", ...at };

describe("printResult", () => {
  it("names objects as kubectl does", () => {
    const items: ApplyItem[] = [
      { ...settings, result: "created" },
      { ...web, result: "configured" },
      { ...slice, result: "unchanged" },
    ];
    expect(printResult(result(items), false)).toEqual({
      done: [
        "configmap/settings created",
        "deployment.apps/web configured",
        "endpointslice.discovery.k8s.io/x unchanged",
      ],
      told: [],
    });
    expect(printResult(result(items.slice(0, 1)), true).done).toEqual(["configmap/settings created (server dry run)"]);
  });

  it("names the place of what is wrong, and says that nothing was done", () => {
    const items: ApplyItem[] = [
      { ...settings, result: "skipped" },
      { ...web, result: "invalid", message: 'Deployment.apps "web" is invalid: spec.replicas: x', line: 12 },
      { file: "b.yaml", line: 1, result: "invalid", message: "Apply failed with 1 conflict: conflict with x" },
    ];
    expect(printResult(result(items), false)).toEqual({
      done: [],
      told: [
        'a.yaml:12: Deployment.apps "web" is invalid: spec.replicas: x',
        "b.yaml:1: Apply failed with 1 conflict: conflict with x",
        "To take these fields over from their managers: --force-conflicts",
        "Nothing was applied.",
      ],
    });
  });

  it("tells what was not converted, and what to know", () => {
    const notConverted = [
      { ...at, path: "services.web.networks", message: "is not converted: every Pod reaches every other" },
      { ...at, path: "services.web.restart", message: "the policy no is not converted" },
    ];
    const warnings = [{ ...at, path: "", message: "something" }];
    expect(printResult(result([], { notConverted, warnings }), false).told).toEqual([
      "a.yaml:3: services.web.networks is not converted: every Pod reaches every other",
      "a.yaml:3: services.web.restart: the policy no is not converted",
      "Warning: a.yaml:3: something",
    ]);
  });
});
