/** What happens behind Skiff's back, or while it is away, and how it finds its way back. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { bridgeName, tableName } from "../../src/machinery/network-names.ts";
import { instanceLabel } from "../../src/machinery/settings.ts";
import type { Pod } from "../../src/machinery/types.ts";
import { exec } from "../support/host.ts";
import { podNames, runHostnames } from "../support/hostnames.ts";
import { get, Load } from "../support/http.ts";
import { containersOf, runningOf, type SeenContainer } from "../support/pods.ts";
import { killDaemon, killStarting } from "../support/processes.ts";
import { eventually, SkiffInstance } from "../support/skiff.ts";

/** Resolves when the engine has told so much of the instance's containers since then. @param since seconds since the epoch */
async function engineEvents(instance: SkiffInstance, count: number, since: number): Promise<void> {
  if (count === 0) return;
  const filters = ["--filter", "type=container", "--filter", `label=${instanceLabel}=${instance.name}`];
  const events = spawn("docker", ["events", "--since", String(since), ...filters, "--format", "{{.Action}}"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let seen = 0;
  for await (const _ of createInterface({ input: events.stdout })) if (++seen === count) break;
  events.kill();
  await once(events, "exit");
}

/** What runs of the Deployment once nothing moves any more: one sandbox and one container for each of its Pods, and no more. */
async function settled(instance: SkiffInstance, image: string): Promise<SeenContainer[]> {
  return eventually(async () => {
    const { items } = await instance.json<{ items: Pod[] }>("get", "pods");
    const containers = await containersOf(instance);
    expect(items.map(({ spec }) => spec?.containers[0]?.image)).toEqual([image, image, image]);
    const wanted = items.flatMap(({ metadata }) => [
      `${metadata?.name}/hostnames running`,
      `${metadata?.name}/sandbox running`,
    ]);
    const present = containers.map(({ pod, container, state }) => `${pod}/${container ?? "sandbox"} ${state}`);
    expect(present.sort()).toEqual(wanted.sort());
    return containers;
  }, "the Deployment has settled");
}

describe("a daemon that is killed during a rolling update", () => {
  it("goes on where it was; Pods run on, and their Service answers all along", async () => {
    await using instance = await SkiffInstance.start();
    const url = await runHostnames(instance);
    await instance.kubectl("scale", "deployment/hostnames", "--replicas=3");
    await instance.kubectl("rollout", "status", "deployment/hostnames", "--timeout=60s");
    const load = new Load(url);
    let version = 1;
    // A rolling update of three Pods is about thirty things done to containers; it is interrupted after so many of them.
    for (const moment of [0, 1, 3, 6, 12, 20]) {
      const image = `hostnames:${(version % 3) + 1}`;
      version++;
      const since = Date.now() / 1000;
      await instance.kubectl("set", "image", "deployment/hostnames", `hostnames=${image}`);
      await engineEvents(instance, moment, since);
      await killDaemon(instance);
      const before = await runningOf(instance);
      const answered = load.answered;
      await eventually(() => (load.answered > answered ? true : undefined), "the Service answers without the daemon");
      await instance.skiff("up");
      await instance.kubectl("rollout", "status", "deployment/hostnames", "--timeout=60s");
      const containers = await settled(instance, image);
      const pods = new Set(containers.map(({ pod }) => pod));
      // Whatever ran when the daemon was killed, and whose Pod is there still, runs still: same id, same start.
      const stayed = before.filter((line) => pods.has(line.split("/")[0] ?? ""));
      const after = await runningOf(instance);
      expect(after, `killed after ${moment} events`).toEqual(expect.arrayContaining(stayed));
      expect(containers.map(({ restartCount }) => restartCount)).toEqual(containers.map(() => 0));
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.answered).toBeGreaterThan(100);
  });
});

describe("what somebody does to Pods behind Skiff's back", () => {
  it("is put right", async () => {
    await using instance = await SkiffInstance.start();
    const url = await runHostnames(instance);
    await instance.kubectl("scale", "deployment/hostnames", "--replicas=5");
    await instance.kubectl("rollout", "status", "deployment/hostnames", "--timeout=60s");
    const before = await podsByName(instance);
    const containers = await containersOf(instance);
    const names = [...before.keys()].sort();
    const [killed = "", removed = "", paused = "", unboxed = "", boxless = ""] = names;
    const find = (pod: string, container?: string) =>
      containers.find((one) => one.pod === pod && one.container === container)?.id ?? "";
    await Promise.all([
      exec("docker", "kill", find(killed, "hostnames")),
      exec("docker", "rm", "--force", find(removed, "hostnames")),
      exec("docker", "pause", find(paused, "hostnames")),
      exec("docker", "kill", find(unboxed)),
      exec("docker", "rm", "--force", find(boxless)),
    ]);

    const restartCounts = { [killed]: 1, [removed]: 1, [paused]: 0, [unboxed]: 1, [boxless]: 1 };
    const after = await eventually(async () => {
      const pods = await podsByName(instance);
      expect([...pods.keys()].sort()).toEqual(names);
      for (const [name, { metadata, status }] of pods) {
        expect(metadata?.uid).toBe(before.get(name)?.metadata?.uid);
        const wanted = { restartCount: restartCounts[name], ready: true, state: { running: {} } };
        expect(status?.containerStatuses, name).toMatchObject([wanted]);
      }
      return pods;
    }, "all five are ready again, restarted where they had to be");

    // A container that comes back joins the sandbox it was in, and has its address; a new sandbox has a new one.
    for (const name of [killed, removed, paused]) {
      expect(after.get(name)?.status?.podIP).toBe(before.get(name)?.status?.podIP);
    }
    const { lastState } = after.get(killed)?.status?.containerStatuses?.[0] ?? {};
    expect(lastState?.terminated).toMatchObject({ exitCode: 137, reason: "Error" });
    const now = await eventually(async () => {
      const present = (await containersOf(instance)).filter(({ state }) => state !== "exited");
      expect(present).toHaveLength(10);
      return present;
    }, "one sandbox and one container each");
    expect(now.find(({ id }) => id === find(paused, "hostnames"))?.state).toBe("running");
    for (const name of [unboxed, boxless]) {
      const events = await instance.kubectl("get", "events", "--field-selector", `involvedObject.name=${name}`);
      expect(events).toContain("Pod sandbox changed, it will be killed and re-created.");
    }
    await answersFromAll(instance, url);
  });
});

async function podsByName(instance: SkiffInstance): Promise<Map<string, Pod>> {
  const { items } = await instance.json<{ items: Pod[] }>("get", "pods");
  return new Map(items.map((pod) => [pod.metadata?.name ?? "", pod]));
}

describe("a daemon that is killed while it starts", () => {
  it("starts the next time, and its Pods have noticed nothing", async () => {
    await using instance = await SkiffInstance.start();
    const url = await runHostnames(instance);
    const before = await runningOf(instance);
    const load = new Load(url);
    await killDaemon(instance);
    // The socket is there before rules and Pods are looked at.
    for (const file of ["skiff.pid", "api.sock"]) {
      rmSync(join(instance.dataDir, file), { force: true });
      const starting = instance.trySkiff("up");
      await killStarting(instance, file);
      const output = await starting;
      expect(output.stderr).toContain("The daemon ended before it was ready (SIGKILL)");
      expect(output.code).toBe(1);
    }
    await instance.skiff("up");
    await instance.kubectl("wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s");
    expect(await runningOf(instance)).toEqual(before);
    const answered = load.answered;
    await eventually(() => (load.answered > answered ? true : undefined), "the Service answers");
    await load.stop();
    expect(load.failures).toEqual([]);
  });
});

/** Calls until every Pod has answered. */
async function answersFromAll(instance: SkiffInstance, url: string): Promise<void> {
  const names = await podNames(instance);
  const answered = new Set<string>();
  await eventually(
    async () => {
      answered.add((await get(url)).trim());
      return names.every((name) => answered.has(name)) ? true : undefined;
    },
    `answers from ${names.join(", ")}`,
  );
}

describe("a host that comes back", () => {
  it("runs everything again after a power failure", async () => {
    await using instance = await SkiffInstance.start();
    const url = await runHostnames(instance);
    const names = await podNames(instance);
    const { serviceCidr } = await instance.status();
    await killDaemon(instance);
    // A reboot ends every container, and takes the kernel's rules and routes with it.
    const ids = (await containersOf(instance)).map(({ id }) => id);
    await exec("docker", "kill", ...ids);
    await exec("nft", "delete", "table", "ip", tableName(instance));
    await exec("ip", "route", "del", serviceCidr, "dev", bridgeName(instance));

    await instance.skiff("up");
    await eventually(async () => {
      const { items } = await instance.json<{ items: Pod[] }>("get", "pods");
      const ready = items.every(({ status }) => status?.containerStatuses?.every(({ ready }) => ready));
      return ready ? true : undefined;
    }, "all Pods are ready");
    expect(await podNames(instance)).toEqual(names);
    await answersFromAll(instance, url);
    const { items } = await instance.json<{ items: Pod[] }>("get", "pods");
    for (const { status } of items) expect(status?.containerStatuses).toMatchObject([{ restartCount: 1 }]);
    const running = (await containersOf(instance)).filter(({ state }) => state === "running");
    expect(running).toHaveLength(2 * names.length);
  });
});
