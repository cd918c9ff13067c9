import { expect, test } from "vitest";
import { FakeClock } from "../machinery/clock.ts";
import { type ImageRequest, Images } from "./images.ts";

const request: ImageRequest = {
  image: "nosuch:1",
  policy: "IfNotPresent",
  auths: [],
  about: { kind: "Pod", uid: "1" },
};

function start() {
  const told: string[] = [];
  const clock = new FakeClock();
  const runtime = { image: async () => undefined, pull: () => Promise.reject(new Error("not found")) };
  const events = {
    record: (_about: object, _type: string, reason: string, message: string) => told.push(`${reason}: ${message}`),
  };
  const images = new Images(runtime, events, clock, new AbortController().signal);
  /** Asks for the image so many times in a row. */
  const ask = async (wanted: ImageRequest, times: number): Promise<string[]> => {
    told.length = 0;
    for (let time = 0; time < times; time++) await images.ensure(wanted).catch(() => {});
    return [...told];
  };
  return { clock, ask };
}

const pull = [
  'Pulling: Pulling image "nosuch:1"',
  'Failed: Failed to pull image "nosuch:1": Error response from daemon: not found',
  "Failed: Error: ErrImagePull",
];
const backOff = ['BackOff: Back-off pulling image "nosuch:1"', "Failed: Error: ImagePullBackOff"];

test("an image that is waited for is told of after each attempt, however often the Pod is looked at", async () => {
  const { clock, ask } = start();
  expect(await ask(request, 5)).toEqual([...pull, ...backOff]);
  clock.advance(9_999);
  expect(await ask(request, 5)).toEqual([]);
  clock.advance(1);
  expect(await ask(request, 5)).toEqual([...pull, ...backOff]);
  clock.advance(10_000);
  expect(await ask(request, 5)).toEqual(backOff);
});

test("so is one that must not be pulled", async () => {
  const { clock, ask } = start();
  const never: ImageRequest = { ...request, policy: "Never" };
  expect(await ask(never, 3)).toEqual([
    'ErrImageNeverPull: Container image "nosuch:1" is not present with pull policy of Never',
    "Failed: Error: ErrImageNeverPull",
  ]);
  clock.advance(10_000);
  expect(await ask(never, 3)).toHaveLength(2);
});
