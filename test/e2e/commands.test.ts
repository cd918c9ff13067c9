/** The other `skiff` commands: status, down, reset, kubeconfig, doctor. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/machinery/daemon.ts";
import type { Pod } from "../../src/machinery/types.ts";
import { exec, strangeContainer } from "../support/host.ts";
import { hostnames, podNames, runHostnames } from "../support/hostnames.ts";
import { get } from "../support/http.ts";
import { containersOf, runningOf } from "../support/pods.ts";
import { isAlive } from "../support/processes.ts";
import { eventually, freePort, SkiffInstance } from "../support/skiff.ts";
import { tracesOf } from "../support/traces.ts";

describe("skiff status", () => {
  it("tells what runs, and where", async () => {
    await using instance = await SkiffInstance.start();
    await runHostnames(instance);
    const status = await instance.status();
    expect(status).toMatchObject({
      running: true,
      name: instance.name,
      apiServer: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
      proxyMode: "nftables",
      kubeconfig: join(instance.dataDir, "kubeconfig"),
      context: `skiff-${instance.name}`,
      kubernetesVersion: expect.stringMatching(/^v1\.33\./),
      docker: { version: await exec("docker", "version", "--format", "{{.Server.Version}}") },
      dataDir: instance.dataDir,
      pods: { Running: 2 },
      objects: { pods: 2, "deployments.apps": 1, services: 3 },
    });
    expect(readFileSync(`/proc/${status.pid}/cmdline`, "utf8")).toContain(instance.name);
    expect(status.memoryBytes).toBeGreaterThan(10 * 2 ** 20);
    expect(status.uptimeSeconds).toBeGreaterThan(0);
    const text = await instance.skiff("status");
    for (const word of [instance.name, status.apiServer, "nftables", "2 Running", instance.dataDir]) {
      expect(text).toContain(word);
    }
  });

  it("ends with 3 when nothing runs", async () => {
    await using instance = await SkiffInstance.prepare();
    const text = await instance.trySkiff("status");
    expect(text.code).toBe(3);
    expect(text.stdout).toContain("is not running. Start it: skiff up");
    const json = await instance.trySkiff("status", "-o", "json");
    expect(json.code).toBe(3);
    expect(JSON.parse(json.stdout)).toEqual({ name: instance.name, running: false });
    const kubeconfig = await instance.trySkiff("kubeconfig");
    expect(kubeconfig.code).toBe(1);
    expect(kubeconfig.stderr).toContain("Start the instance first: skiff up");
    expect(await instance.skiff("down")).toContain("is not running");
  });
});

describe("skiff down", () => {
  it("stops the Pods and keeps the objects; the next up brings everything back", async () => {
    await using instance = await SkiffInstance.start();
    const url = await runHostnames(instance);
    const [before, names] = await Promise.all([instance.status(), podNames(instance)]);
    await instance.skiff("down");
    expect((await containersOf(instance)).filter(({ state }) => state === "running")).toEqual([]);
    expect(isAlive(before.pid)).toBe(false);

    await instance.skiff("up");
    const after = await instance.status();
    // No flags the second time: it is what it was.
    for (const field of ["apiServer", "podCidr", "serviceCidr"] as const) expect(after[field]).toBe(before[field]);
    await instance.kubectl("wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s");
    expect(await podNames(instance)).toEqual(names);
    const answer = await eventually(() => get(url), "the Service answers again");
    expect(names).toContain(answer.trim());
    const { items } = await instance.json<{ items: Pod[] }>("get", "pods");
    for (const { status } of items) expect(status?.containerStatuses).toMatchObject([{ restartCount: 1, ready: true }]);
  });

  it("leaves the Pods running with --keep-pods", async () => {
    await using instance = await SkiffInstance.start();
    const url = await runHostnames(instance);
    const before = await runningOf(instance);
    await instance.skiff("down", "--keep-pods");
    expect((await instance.trySkiff("status")).code).toBe(3);
    expect(await get(url)).toMatch(/^hostnames-/);
    expect(await runningOf(instance)).toEqual(before);
    await instance.skiff("up");
    await instance.kubectl("wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s");
    expect(await runningOf(instance)).toEqual(before);
    expect(await get(url)).toMatch(/^hostnames-/);
  });
});

describe("skiff reset", () => {
  it("asks for a yes", async () => {
    await using instance = await SkiffInstance.start();
    const output = await instance.trySkiff("reset");
    expect(output.code).toBe(1);
    // The suggestion is this very instance's: another one may be the default.
    expect(output.stderr).toContain(`skiff reset --yes --name ${instance.name} --data-dir ${instance.dataDir}`);
    expect((await instance.status()).name).toBe(instance.name);
  });

  it("leaves nothing of the instance and touches nothing else", async () => {
    await using neighbour = await SkiffInstance.start();
    await using instance = await SkiffInstance.prepare({ KUBECONFIG: neighbour.env["KUBECONFIG"] });
    await using stranger = await strangeContainer();
    const neighbourUrl = await runHostnames(neighbour);
    const neighbours = await runningOf(neighbour);
    await instance.up();
    await instance.apply(`${hostnames}
---
apiVersion: v1
kind: Pod
metadata: { name: with-volumes }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: busybox:1.36
      command: [sleep, "9000"]
      ports: [{ containerPort: 80, hostPort: ${await freePort()} }]
      volumeMounts: [{ name: memory, mountPath: /memory }, { name: disk, mountPath: /disk }]
  volumes: [{ name: memory, emptyDir: { medium: Memory } }, { name: disk, emptyDir: {} }]
`);
    await instance.kubectl("wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s");
    const { serviceCidr } = await instance.status();
    // The check below must be able to fail: an instance that runs leaves traces of every sort.
    expect((await tracesOf(instance, serviceCidr)).length).toBeGreaterThan(12);
    writeFileSync(join(instance.dataDir, "thesis.txt"), "not Skiff's");

    const output = await instance.skiff("reset", "--yes");
    expect(output).toContain(`Nothing of Skiff "${instance.name}" is left.`);
    expect(output).toContain("thesis.txt");
    expect(await tracesOf(instance, serviceCidr)).toEqual([instance.dataDir]);
    expect(readFileSync(join(instance.dataDir, "thesis.txt"), "utf8")).toBe("not Skiff's");

    expect(await exec("docker", "inspect", "--format", "{{.State.Status}}", stranger.name)).toBe("running");
    expect(await exec("docker", "volume", "inspect", "--format", "{{.Name}}", stranger.name)).toBe(stranger.name);
    expect(await runningOf(neighbour)).toEqual(neighbours);
    expect(await get(neighbourUrl)).toMatch(/^hostnames-/);
    expect(await neighbour.kubectl("config", "get-contexts", "-o", "name")).toBe(`skiff-${neighbour.name}\n`);
  });

  it("works on what a killed daemon has left, even when its directory is gone", async () => {
    await using instance = await SkiffInstance.start();
    await runHostnames(instance);
    const { pid, serviceCidr } = await instance.status();
    process.kill(pid, "SIGKILL");
    await eventually(() => (isAlive(pid) ? undefined : true), "the daemon is gone");
    await exec("rm", "-r", instance.dataDir);
    expect((await tracesOf(instance, serviceCidr)).length).toBeGreaterThan(8);
    await instance.skiff("reset", "--yes");
    expect(await tracesOf(instance, serviceCidr)).toEqual([]);
  });
});

describe("another instance's directory", () => {
  it.each(["up", "status", "down", "reset --yes"])("is not touched by skiff %s", async (command) => {
    await using instance = await SkiffInstance.start();
    const asStranger = () => instance.shell(`skiff ${command} --name stranger`);
    const refusal = `is the directory of the instance "${instance.name}", not of "stranger": say --name ${instance.name}`;
    const running = await asStranger();
    expect(running.stdout).toContain(refusal);
    expect(running.code).toBe(1);
    expect((await instance.status()).name).toBe(instance.name);
    if (command !== "up" && command !== "reset --yes") return;
    await instance.skiff("down");
    const stopped = await asStranger();
    expect(stopped.stdout).toContain(refusal);
    expect(stopped.code).toBe(1);
    expect(existsSync(join(instance.dataDir, "settings.json"))).toBe(true);
  });
});

describe("skiff doctor", () => {
  it("finds this machine fit", async () => {
    await using instance = await SkiffInstance.prepare();
    const findings = JSON.parse(await instance.skiff("doctor", "-o", "json")) as Finding[];
    const checks = [
      "Node.js",
      "Docker",
      "Rights",
      "nftables",
      "br_netfilter",
      "ip_forward",
      "Addresses",
      "DNS port",
      "API port",
      "Disk",
    ];
    expect(findings.map(({ check }) => check)).toEqual(checks);
    for (const { level, remedy } of findings) if (level !== "ok") expect(remedy).toBeTruthy();
    expect(findings.find(({ check }) => check === "Docker")?.found).toMatch(/^Engine \d+\..* cgroup v[12]/);
    expect(existsSync(instance.dataDir)).toBe(false);
  });

  it("names a remedy for what is missing", async () => {
    await using instance = await SkiffInstance.prepare();
    const output = await instance.shell(`DOCKER_HOST=unix:///tmp/${randomUUID()}.sock skiff doctor`);
    expect(output.code).toBe(1);
    expect(output.stdout).toMatch(/ERROR +Docker +.*\n +→ install and start Docker/);
  });
});
