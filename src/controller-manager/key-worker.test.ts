import { expect, test, vi } from "vitest";
import { FakeClock } from "../machinery/clock.ts";
import { silentLogger } from "../machinery/log.ts";
import { KeyWorker } from "./key-worker.ts";

function setUp(work: (key: string) => Promise<{ requeueAfterMs: number } | void>, concurrency = 1) {
  const clock = new FakeClock();
  return { clock, worker: new KeyWorker({ clock, log: silentLogger, concurrency, work }) };
}

test("a key added many times before its turn is worked on once", async () => {
  const work = vi.fn(async () => {});
  const { worker } = setUp(work);
  for (let times = 0; times < 5; times++) worker.add("a");
  worker.add("b");
  await expect.poll(() => work.mock.calls).toEqual([["a"], ["b"]]);
});

test("a key is never worked on twice at once, and again after what came meanwhile", async () => {
  let atOnce = 0;
  const seen: number[] = [];
  const { worker } = setUp(async () => {
    seen.push(++atOnce);
    if (seen.length === 1) worker.add("a");
    await new Promise(setImmediate);
    atOnce--;
  }, 5);
  worker.add("a");
  await expect.poll(() => seen).toEqual([1, 1]);
});

test("failed work comes again after delays that double, planned work when it is due", async () => {
  let runs = 0;
  const { clock, worker } = setUp(async () => {
    if (++runs <= 2) throw new Error("not yet");
    return { requeueAfterMs: 1_000 };
  });
  worker.add("a");
  await expect.poll(() => runs).toBe(1);
  await new Promise(setImmediate);
  clock.advance(5);
  await expect.poll(() => runs).toBe(2);
  await new Promise(setImmediate);
  clock.advance(10);
  await expect.poll(() => runs).toBe(3);
  await new Promise(setImmediate);
  clock.advance(1_000);
  await expect.poll(() => runs).toBe(4);
});

test("stopping waits for work under way and takes no more", async () => {
  let finish = () => {};
  const work = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
  const { worker } = setUp(work);
  worker.add("a");
  worker.add("b");
  await expect.poll(() => work.mock.calls.length).toBe(1);
  let stopped = false;
  const stopping = worker.stop(5_000).then(() => (stopped = true));
  await new Promise(setImmediate);
  expect(stopped).toBe(false);
  finish();
  await stopping;
  expect(work).toHaveBeenCalledTimes(1);
});

test("stopping gives up on work that does not end", async () => {
  const work = vi.fn(() => new Promise<void>(() => {}));
  const { clock, worker } = setUp(work);
  worker.add("a");
  await expect.poll(() => work.mock.calls.length).toBe(1);
  const stopping = worker.stop(5_000);
  clock.advance(5_000);
  await expect(stopping).resolves.toBeUndefined();
});
