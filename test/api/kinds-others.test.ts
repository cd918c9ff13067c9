/** Events in both of their groups, reviews, tokens, field selectors. */
import { describe, expect, it } from "vitest";
import type { RequestContext, ServedKind } from "../../src/apiserver/api.ts";
import { kinds } from "../../src/kinds/index.ts";
import { events, secrets, serviceAccounts } from "../../src/machinery/resource.ts";
import { startApi, type TestApi } from "../support/api.ts";

function served({ api }: TestApi, group: string, plural: string): ServedKind {
  const kind = api.served(group, "v1", plural);
  if (!kind) throw new Error(`${plural}.${group} is not served`);
  return kind;
}

function as(...groups: string[]): RequestContext {
  return { user: { name: "somebody", groups }, fieldManager: "test", warn() {} };
}

describe("an Event", () => {
  it("written in one group is read in the other", async () => {
    await using api = await startApi(kinds);
    await api.client.create(events, {
      metadata: { name: "e", namespace: "default" },
      involvedObject: { kind: "Pod", name: "p", namespace: "default" },
      reason: "Started",
      message: "Started container",
      source: { component: "kubelet" },
      count: 2,
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
    });
    const key = { namespace: "default", name: "e" };
    const newer = api.api.get(served(api, "events.k8s.io", "events"), key);
    expect(newer).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      regarding: { kind: "Pod", name: "p" },
      note: "Started container",
      deprecatedSource: { component: "kubelet" },
      deprecatedCount: 2,
      deprecatedFirstTimestamp: "2026-01-01T00:00:00Z",
    });
    expect(newer).not.toHaveProperty("message");

    await api.api.create(
      served(api, "events.k8s.io", "events"),
      "default",
      {
        metadata: { name: "f" },
        regarding: { kind: "Pod", name: "p", namespace: "default" },
        reason: "Killing",
        note: "Stopping container",
        action: "Stop",
        type: "Normal",
        eventTime: "2026-01-01T00:00:00.000000Z",
        reportingController: "kubelet",
        reportingInstance: "node-1",
      },
      as("system:masters"),
    );
    expect(api.client.get(events, { namespace: "default", name: "f" })).toMatchObject({
      apiVersion: "v1",
      kind: "Event",
      involvedObject: { name: "p" },
      message: "Stopping container",
      reportingComponent: "kubelet",
    });
  });

  it("is in the namespace of what it is about", async () => {
    await using api = await startApi(kinds);
    const create = (namespace: string, about: object) =>
      api.client.create(events, { metadata: { name: "e", namespace }, involvedObject: about });
    await expect(create("default", { kind: "Pod", namespace: "kube-system" })).rejects.toThrow(
      'Event "e" is invalid: involvedObject.namespace: Invalid value: "kube-system": does not match event.namespace',
    );
    await expect(create("default", { kind: "Node", name: "n" })).resolves.toBeDefined();
  });
});

it("knows who asks", async () => {
  await using api = await startApi(kinds);
  const answer = await api.api.create(
    served(api, "authentication.k8s.io", "selfsubjectreviews"),
    undefined,
    {},
    as("system:authenticated"),
  );
  expect(answer).toMatchObject({ status: { userInfo: { username: "somebody", groups: ["system:authenticated"] } } });
});

describe("may I", () => {
  const question = { spec: { resourceAttributes: { namespace: "demo", verb: "get", resource: "pods" } } };

  it.each([
    ["system:masters", true],
    ["system:authenticated", false],
  ])("get pods as one of %s: %j", async (group, allowed) => {
    await using api = await startApi(kinds);
    const kind = served(api, "authorization.k8s.io", "selfsubjectaccessreviews");
    expect(await api.api.create(kind, undefined, question, as(group))).toMatchObject({
      ...question,
      status: { allowed },
    });
  });

  it("is not asked about nothing", async () => {
    await using api = await startApi(kinds);
    const kind = served(api, "authorization.k8s.io", "selfsubjectaccessreviews");
    await expect(api.api.create(kind, undefined, { spec: {} }, as("system:masters"))).rejects.toThrow(
      "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    );
  });

  it("is answered in full by the rules", async () => {
    await using api = await startApi(kinds);
    const kind = served(api, "authorization.k8s.io", "selfsubjectrulesreviews");
    const answer = await api.api.create(kind, undefined, { spec: { namespace: "default" } }, as("system:masters"));
    expect(answer).toMatchObject({
      status: { incomplete: false, resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }] },
    });
  });
});

describe("a token", () => {
  const key = { namespace: "default", name: "bot" };
  const request = (api: TestApi, spec: object) =>
    api.api.createSubresource(served(api, "", "serviceaccounts"), key, "token", { spec }, as("system:masters"));

  it("is issued for an account, for as long as asked", async () => {
    await using api = await startApi(kinds);
    await api.client.create(serviceAccounts, { metadata: { ...key } });
    expect(await request(api, { expirationSeconds: 600 })).toMatchObject({
      kind: "TokenRequest",
      spec: { expirationSeconds: 600, audiences: ["https://api"] },
      status: { token: "token-of-default-bot", expirationTimestamp: "2026-01-01T00:10:00.000Z" },
    });
  });

  it("is for whom it was asked for", async () => {
    await using api = await startApi(kinds);
    await api.client.create(serviceAccounts, { metadata: { ...key } });
    const answer = await request(api, { audiences: ["vault"] });
    expect(answer).toMatchObject({ spec: { audiences: ["vault"] } });
    expect(Object.keys((answer as { status: object }).status).sort()).toEqual(["expirationTimestamp", "token"]);
  });

  it("lives ten minutes at least", async () => {
    await using api = await startApi(kinds);
    await api.client.create(serviceAccounts, { metadata: { ...key } });
    await expect(request(api, { expirationSeconds: 60 })).rejects.toThrow(
      "spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes",
    );
  });
});

it("selects Secrets by type", async () => {
  await using api = await startApi(kinds);
  await api.client.create(secrets, { metadata: { name: "a", namespace: "default" } });
  await api.client.create(secrets, { metadata: { name: "b", namespace: "default" }, type: "x/y" });
  const { items } = api.api.list(served(api, "", "secrets"), {
    fieldSelector: [{ field: "type", operator: "=", value: "x/y" }],
  });
  expect(items.map((item) => item.metadata.name)).toEqual(["b"]);
});
