import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeClock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/log.ts";
import { HostResolvers } from "./host-resolvers.ts";

let folder: string;
let file: string;
let clock: FakeClock;
let resolvers: HostResolvers;
let said: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "skiff-resolv-"));
  file = join(folder, "resolv.conf");
  clock = new FakeClock();
  said = [];
  // Nothing else of a logger is used here.
  const log = { warn: (_about: unknown, text: string) => said.push(text) } as unknown as Logger;
  resolvers = new HostResolvers(file, new Set(["10.96.0.10"]), clock, log);
});

afterEach(() => rm(folder, { recursive: true }));

it("are those of the file, each once, without Skiff itself", async () => {
  await writeFile(file, "nameserver 192.0.2.2\nnameserver 10.96.0.10\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n");
  expect(await resolvers.servers()).toEqual(["192.0.2.2", "192.0.2.1"]);
});

it("are known to all who ask at the same time, also the first time", async () => {
  await writeFile(file, "nameserver 192.0.2.1\n");
  expect(await Promise.all([resolvers.servers(), resolvers.servers()])).toEqual([["192.0.2.1"], ["192.0.2.1"]]);
});

it("follow the file within a second, and are the same array until it changes", async () => {
  await writeFile(file, "nameserver 192.0.2.1\n");
  const before = await resolvers.servers();
  clock.advance(1_000);
  expect(await resolvers.servers()).toBe(before);
  await writeFile(file, "nameserver 192.0.2.1\nnameserver 192.0.2.3\n");
  expect(await resolvers.servers()).toBe(before);
  clock.advance(1_000);
  expect(await resolvers.servers()).toEqual(["192.0.2.1", "192.0.2.3"]);
});

it("are none while there is no file", async () => {
  expect(await resolvers.servers()).toEqual([]);
  await writeFile(file, "nameserver 192.0.2.1\n");
  clock.advance(1_000);
  expect(await resolvers.servers()).toEqual(["192.0.2.1"]);
});

it.each([
  ["nameserver 10.96.0.10\nnameserver 192.0.2.1\n", "the others are asked"],
  ["nameserver 10.96.0.10\n", "names outside the cluster are not found until it names another"],
])("tell once of a file that leads back to Skiff: %j", async (text, consequence) => {
  await writeFile(file, text);
  await resolvers.servers();
  clock.advance(1_000);
  await resolvers.servers();
  expect(said).toEqual([
    `DNS loop: ${file} names the cluster's own DNS, 10.96.0.10, which cannot be asked for what it asks others itself; ${consequence}`,
  ]);
});
