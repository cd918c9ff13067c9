import { expect, it } from "vitest";
import { AnswerScopes, ReadyAnswers } from "./ready-answers.ts";

const message = (text: string): Buffer => Buffer.from(text);

it("gives the answers in turn, and none that was not kept", () => {
  const ready = new ReadyAnswers();
  ready.keep("q", [message("a"), message("b")], new AnswerScopes().of());
  expect([ready.get("q"), ready.get("q"), ready.get("q")].map(String)).toEqual(["b", "a", "b"]);
  expect(ready.get("other")).toBeUndefined();
});

it.each([
  ["its own Service changes", "shop/web", undefined],
  ["another Service changes", "shop/db", "web"],
])("an answer of one Service, when %s", (_name, changed, expected) => {
  const scopes = new AnswerScopes();
  const ready = new ReadyAnswers();
  ready.keep("q", [message("web")], scopes.of("shop/web"));
  ready.keep("none", [message("NXDOMAIN")], scopes.of());
  scopes.serviceChanged(changed);
  expect(ready.get("q")?.toString()).toBe(expected);
  expect(ready.get("none")).toBeUndefined();
});

it("keeps the answers of Services when namespaces come and go", () => {
  const scopes = new AnswerScopes();
  const ready = new ReadyAnswers();
  ready.keep("q", [message("web")], scopes.of("shop/web"));
  ready.keep("none", [message("NXDOMAIN")], scopes.of());
  scopes.othersChanged();
  expect(ready.get("q")).toBeDefined();
  expect(ready.get("none")).toBeUndefined();
  ready.keep("none", [message("there")], scopes.of());
  expect(ready.get("none")?.toString()).toBe("there");
});

it("forgets what is not asked for any more once there is no room, and keeps what is", () => {
  const ready = new ReadyAnswers();
  const scope = new AnswerScopes().of();
  const large = Buffer.alloc(500_000);
  ready.keep("asked", [message("asked")], scope);
  ready.keep("forgotten", [message("forgotten")], scope);
  for (let n = 0; n < 60; n++) {
    ready.keep(`large-${n}`, [large], scope);
    expect(ready.get("asked")?.toString()).toBe("asked");
  }
  expect(ready.get("forgotten")).toBeUndefined();
  expect(ready.get("large-0")).toBeUndefined();
  expect(ready.get("large-59")).toBeDefined();
});

it("does not keep what would take most of the room", () => {
  const ready = new ReadyAnswers();
  ready.keep("huge", [Buffer.alloc(2 ** 21)], new AnswerScopes().of());
  expect(ready.get("huge")).toBeUndefined();
});
