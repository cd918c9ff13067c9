import { expect, test } from "vitest";
import { slowStart } from "./slow-start.ts";

async function batches(count: number, failAt = -1): Promise<number[][]> {
  const seen: number[][] = [];
  let open = false;
  const run = slowStart(count, async (index) => {
    if (!open) seen.push([]);
    open = true;
    seen.at(-1)?.push(index);
    await new Promise(setImmediate);
    open = false;
    if (index === failAt) throw new Error("no");
  });
  await run.catch((error: unknown) => expect(error).toEqual(new Error("no")));
  return seen;
}

test("doubles what it does at once", async () => {
  expect(await batches(9)).toEqual([[0], [1, 2], [3, 4, 5, 6], [7, 8]]);
  expect(await batches(0)).toEqual([]);
});

test("stops after the batch in which something failed", async () => {
  expect(await batches(9, 1)).toEqual([[0], [1, 2]]);
});
