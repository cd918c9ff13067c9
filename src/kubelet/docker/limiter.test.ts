import { expect, it } from "vitest";
import { Limiter } from "./limiter.ts";

/** Work that says when it begins, and ends when told. */
function station() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<void>((resolve) => ends.set(name, resolve));
  };
  return { begun, work, end: (name: string) => ends.get(name)?.() };
}

it("runs so many at once, in order of arrival, and what ends something begun before what begins something", async () => {
  const limiter = new Limiter(2);
  const { begun, work, end } = station();
  const all = [
    limiter.run(work("a")),
    limiter.run(work("b")),
    limiter.run(work("c")),
    limiter.run(work("d")),
    limiter.runFirst(work("e")),
    limiter.runFirst(work("f")),
  ];
  expect(begun).toEqual(["a", "b"]);
  for (const [index, name] of ["a", "b", "e", "f", "c", "d"].entries()) {
    end(name);
    await all["abcdef".indexOf(name)];
    expect(begun).toEqual(["a", "b", "e", "f", "c", "d"].slice(0, index + 3));
  }
});

it("passes a failure on and the permit with it", async () => {
  const limiter = new Limiter(1);
  const failing = limiter.run(() => Promise.reject(new Error("no")));
  const next = limiter.runFirst(() => Promise.resolve("yes"));
  await expect(failing).rejects.toThrow("no");
  await expect(next).resolves.toBe("yes");
});
