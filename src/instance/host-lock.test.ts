import { expect, it } from "vitest";
import { takeHostLock } from "./host-lock.ts";

it("is held by one at a time, in whatever order they come", async () => {
  const name = `skiff-test-${process.pid}`;
  let holders = 0;
  let most = 0;
  const hold = async (): Promise<void> => {
    using _lock = await takeHostLock(name);
    holders++;
    most = Math.max(most, holders);
    await new Promise((resolve) => setImmediate(resolve));
    holders--;
  };
  await Promise.all([hold(), hold(), hold()]);
  expect(most).toBe(1);
  await hold();
});
