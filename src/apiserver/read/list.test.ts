import { describe, expect, it } from "vitest";
import { configMap, request, startApi, type TestApi } from "../../../test/support/api.ts";
import { widget, widgetSchemas, widgets } from "../../../test/support/widget.ts";
import { configMaps, namespaces } from "../../machinery/resource.ts";
import { parseSelector } from "../../machinery/selector.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { FieldRequirement, ListQuery, ListResult } from "../api.ts";
import { encodeToken } from "./continue-token.ts";

async function start(names: readonly string[] = ["e", "a", "c", "d", "b"]): Promise<TestApi> {
  const api = await startApi([widget, configMap], { schemas: widgetSchemas, namespaces: ["default", "other"] });
  for (const name of names) await create(api, name);
  return api;
}

function create(api: TestApi, name: string, namespace = "default"): Promise<unknown> {
  const labels = { vowel: /[aeiou]/.test(name) ? "yes" : "no" };
  return api.client.create(widgets, {
    metadata: { name, namespace, labels },
    spec: { color: name < "c" ? "red" : "blue" },
  });
}

const list = (api: TestApi, query: ListQuery = {}): ListResult => api.api.list(api.registry.of(widgets), query);
const names = ({ items }: ListResult): string => items.map((object) => object.metadata.name).join("");

function refused(work: () => unknown): { code: number; message: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("list", () => {
  it("is in order, at the present revision", async () => {
    await using api = await start();
    await create(api, "z", "other");
    expect(list(api)).toMatchObject({ resourceVersion: String(api.store.revision) });
    expect([
      names(list(api)),
      names(list(api, { namespace: "other" })),
      names(list(api, { namespace: "none" })),
    ]).toEqual(["abcdez", "z", ""]);
  });

  it.each<[label: string | undefined, fields: [string, FieldRequirement["operator"], string][], found: string]>([
    ["vowel=yes", [], "ae"],
    ["vowel!=yes", [], "bcd"],
    [undefined, [["spec.color", "=", "red"]], "ab"],
    [
      undefined,
      [
        ["metadata.name", "!=", "a"],
        ["metadata.namespace", "=", "default"],
      ],
      "bcde",
    ],
    ["vowel=yes", [["spec.color", "=", "red"]], "a"],
    ["vowel=perhaps", [], ""],
  ])("selects by labels %s and fields %j", async (label, fields, found) => {
    await using api = await start();
    const fieldSelector = fields.map(([field, operator, value]) => ({ field, operator, value }));
    expect(names(list(api, { fieldSelector, ...(label && { labelSelector: parseSelector(label) }) }))).toBe(found);
  });

  it("refuses fields that cannot be selected by", async () => {
    await using api = await start();
    const fieldSelector: FieldRequirement[] = [{ field: "spec.foo", operator: "=", value: "bar" }];
    expect(refused(() => list(api, { fieldSelector }))).toMatchObject({
      code: 400,
      message: "field label not supported: spec.foo",
    });
    expect(refused(() => api.api.list(api.registry.of(configMaps), { fieldSelector }))).toMatchObject({
      code: 400,
      message: '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
    });
  });
});

describe("pages", () => {
  it("show one state, whatever is written between them", async () => {
    await using api = await start();
    const first = list(api, { limit: 2 });
    expect([names(first), first.remainingItemCount]).toEqual(["ab", 3]);
    await api.client.delete(widgets, { namespace: "default", name: "c" });
    await create(api, "bb");
    await api.client.patch(widgets, { namespace: "default", name: "d" }, "merge", { spec: { size: 9 } });
    const second = list(api, { limit: 2, continue: first.continue ?? "" });
    expect([names(second), second.remainingItemCount, second.resourceVersion]).toEqual([
      "cd",
      1,
      first.resourceVersion,
    ]);
    expect(second.items[1]).toMatchObject({ spec: { size: 1 } });
    const last = list(api, { limit: 2, continue: second.continue ?? "" });
    expect([names(last), last.continue, last.remainingItemCount]).toEqual(["e", undefined, undefined]);
    expect(names(list(api))).toBe("abbbde");
  });

  it("go on across namespaces, and through a selection whose rest nobody counts", async () => {
    await using api = await start(["b", "a"]);
    await create(api, "a", "other");
    await create(api, "e", "other");
    const first = list(api, { limit: 2, labelSelector: parseSelector("vowel=yes") });
    expect([
      first.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
      first.remainingItemCount,
    ]).toEqual([["default/a", "other/a"], undefined]);
    expect(
      names(list(api, { limit: 2, labelSelector: parseSelector("vowel=yes"), continue: first.continue ?? "" })),
    ).toBe("e");
  });

  it("work for kinds without a namespace", async () => {
    await using api = await start([]);
    const kind = api.registry.of(namespaces);
    const first = api.api.list(kind, { limit: 1 });
    expect(names(first)).toBe("default");
    expect(names(api.api.list(kind, { limit: 1, continue: first.continue ?? "" }))).toBe("other");
  });

  it.each<[token: string, why: string]>([
    ["abc", "invalid character 'i' looking for beginning of value"],
    [Buffer.from('{"v":"v2"}').toString("base64url"), 'server does not recognize this encoded version "v2"'],
    [
      Buffer.from('{"v":"meta.k8s.io/v1","rv":0,"start":"a"}').toString("base64url"),
      "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
    ],
    [
      Buffer.from('{"v":"meta.k8s.io/v1","rv":1}').toString("base64url"),
      "encoded start key empty (version meta.k8s.io/v1)",
    ],
  ])("refuse the token %s", async (token, why) => {
    await using api = await start([]);
    const message = `invalid continue token: continue key is not valid: ${why}`;
    expect(refused(() => list(api, { limit: 1, continue: token }))).toMatchObject({ code: 400, message });
  });
});

describe("resourceVersion", () => {
  it("says how old the answer may be, or how old it must be", async () => {
    await using api = await start(["a"]);
    const then = String(api.store.revision);
    await create(api, "b");
    expect(names(list(api, { resourceVersion: "0" }))).toBe("ab");
    expect(names(list(api, { resourceVersion: then }))).toBe("ab");
    expect(names(list(api, { resourceVersion: then, resourceVersionMatch: "NotOlderThan" }))).toBe("ab");
    const exact = list(api, { resourceVersion: then, resourceVersionMatch: "Exact" });
    expect([names(exact), exact.resourceVersion]).toEqual(["a", then]);
  });

  it.each<[query: ListQuery, code: number, message: string]>([
    [{ resourceVersion: "99" }, 504, "Timeout: Too large resource version: 99, current: 4"],
    [
      { resourceVersion: "abc" },
      500,
      'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      { resourceVersionMatch: "Exact" },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      { resourceVersionMatch: "Exact", resourceVersion: "0" },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
  ])("%j is refused", async (query, code, message) => {
    await using api = await start(["a"]);
    expect(refused(() => list(api, query))).toMatchObject({ code, message });
  });

  it("is refused once the log has forgotten it", async () => {
    await using api = await startApi([configMap], { history: 10 });
    const kind = api.registry.of(configMaps);
    const write = (index: number): Promise<unknown> =>
      api.api.create(kind, "default", { metadata: { name: `c-${index}` } }, request());
    await Promise.all(Array.from({ length: 1100 }, (_, index) => write(index)));
    const exact = { resourceVersion: "3", resourceVersionMatch: "Exact" as const };
    expect(refused(() => api.api.list(kind, exact))).toMatchObject({ code: 410, reason: "Expired" });
    const token = encodeToken({ revision: 3, after: "default/c-1" });
    expect(refused(() => api.api.list(kind, { continue: token }))).toMatchObject({
      code: 410,
      message: expect.stringContaining("The provided continue parameter is too old"),
    });
  });
});
