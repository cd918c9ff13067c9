import { expect, it } from "vitest";
import { joinTraffic, noTraffic, type Traffic } from "./traffic.ts";

function known(pods: Record<string, string[]>): Traffic & { tell(uid: string): void } {
  const listeners = new Set<(uids: ReadonlySet<string>) => void>();
  return {
    podsInForce: (_, service) => pods[service] && new Set(pods[service]),
    onChange: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    tell: (uid) => {
      for (const listener of listeners) listener(new Set([uid]));
    },
  };
}

it("asks each for what it knows, and hears all", () => {
  const [first, second] = [known({ web: [], shared: ["a"] }), known({ headless: ["b"], shared: ["c"] })];
  const both = joinTraffic(noTraffic, first, second);
  const asked = ["web", "headless", "shared", "other"].map((name) => both.podsInForce("default", name));
  expect(asked).toEqual([new Set(), new Set(["b"]), new Set(["a"]), undefined]);
  const heard: string[] = [];
  const listener = both.onChange((uids) => heard.push(...uids));
  first.tell("a");
  second.tell("b");
  listener[Symbol.dispose]();
  first.tell("c");
  second.tell("d");
  expect(heard).toEqual(["a", "b"]);
});
