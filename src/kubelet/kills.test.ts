import { expect, test } from "vitest";
import { FakeClock } from "../machinery/clock.ts";
import type { RuntimeContainer } from "../machinery/container-runtime.ts";
import { silentLogger } from "../machinery/log.ts";
import type { Stored } from "../machinery/object.ts";
import type { Pod } from "../machinery/types.ts";
import { ContainerCache } from "./container-cache.ts";
import { Kills } from "./kills.ts";

const instance: RuntimeContainer = {
  id: "c-0",
  state: "running",
  image: "app:1",
  imageId: "sha256:1",
  createdAt: 0,
  startedAt: 1,
  oomKilled: false,
  error: "",
  stopSignal: "SIGTERM",
  labels: {},
};
const container = { name: "c", image: "app:1" };
const pod = { metadata: { name: "web", uid: "1" }, spec: { containers: [container] } } as unknown as Stored<Pod>;

test("a container that has ended since somebody looked gets no signal and no Event", async () => {
  const told: string[] = [];
  const cache = new ContainerCache();
  const kills = new Kills({
    runtime: {
      signal: async (id, signal) => {
        told.push(`${signal} ${id}`);
        cache.apply({ type: "changed", container: { ...instance, state: "exited", exitCode: 143 } });
      },
      unpause: () => Promise.reject(new Error("not asked for")),
      exec: () => Promise.reject(new Error("not asked for")),
    },
    cache,
    events: { record: (_about, _type, reason, message) => told.push(`${reason}: ${message}`) },
    clock: new FakeClock(),
    log: silentLogger,
  });
  cache.apply({ type: "changed", container: instance });
  const order = { pod, container, instance, podIp: "", message: "Stopping container c", graceSeconds: 30 };
  await kills.kill(order);
  await kills.kill(order);
  expect(told).toEqual(["Killing: Stopping container c", "SIGTERM c-0"]);
});
