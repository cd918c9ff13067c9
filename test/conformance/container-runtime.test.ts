/** What the kubelet relies on of a container engine, asked of the real Docker and of the fake that other tests run on. */
import { EventEmitter, once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import Dockerode from "dockerode";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DockerRuntime } from "../../src/kubelet/docker/docker-runtime.ts";
import { systemClock } from "../../src/machinery/clock.ts";
import {
  type ContainerConfig,
  type ContainerRuntime,
  containerLabels,
  type RuntimeContainer,
  RuntimeError,
  type RuntimeEvent,
} from "../../src/machinery/container-runtime.ts";
import { silentLogger } from "../../src/machinery/log.ts";
import { bridgeName } from "../../src/machinery/network-names.ts";
import { FakeRuntime } from "../support/fake-runtime.ts";
import { exec } from "../support/host.ts";

const image = "busybox:1.36";
const subnet = process.pid % 250;
const dockerSettings = {
  name: `conformance-${process.pid}`,
  podCidr: `10.253.${subnet}.0/24`,
  serviceCidr: `10.252.${subnet}.0/24`,
};

const implementations: { name: string; make: () => ContainerRuntime; address: (n: number) => string }[] = [
  {
    name: "fake",
    make: () => {
      const runtime = new FakeRuntime(systemClock);
      runtime.addImage(image);
      return runtime;
    },
    address: (n) => `10.244.0.${n}`,
  },
  {
    name: "docker",
    make: () => new DockerRuntime({ settings: dockerSettings, clock: systemClock, log: silentLogger }),
    address: (n) => `10.253.${subnet}.${n}`,
  },
];

const never = new AbortController().signal;
const noStdin = { stdin: false, stdout: true, stderr: true, tty: false };

async function text(stream: Readable | undefined): Promise<string> {
  let all = "";
  for await (const chunk of stream ?? []) all += String(chunk);
  return all;
}

/** Follows a runtime's events, and waits for what they say. */
class Feed implements Disposable {
  readonly events: RuntimeEvent[] = [];
  readonly #watch: Disposable;
  #check: () => void = () => {};

  constructor(runtime: ContainerRuntime) {
    this.#watch = runtime.watch((event) => {
      this.events.push(event);
      this.#check();
    });
  }

  async until(what: string, holds: (events: RuntimeEvent[]) => boolean): Promise<void> {
    const limit = AbortSignal.timeout(20_000);
    while (!holds(this.events)) {
      await new Promise<void>((resolve, reject) => {
        this.#check = resolve;
        limit.addEventListener("abort", () => reject(new Error(`never came: ${what}`)), { once: true });
      });
    }
  }

  /** States told of one container, in order, without repetitions. */
  states(id: string): string[] {
    const states = this.events.flatMap((event) => {
      if (event.type === "changed" && event.container.id === id) return [event.container.state];
      return event.type === "removed" && event.id === id ? ["removed"] : [];
    });
    return states.filter((state, index) => state !== states[index - 1]);
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}

function containerConfig(
  name: string,
  sandbox: string,
  entrypoint: string[],
  change: Partial<ContainerConfig> = {},
): ContainerConfig {
  return {
    name,
    labels: { [containerLabels.container]: "c", [containerLabels.podUid]: "u" },
    image,
    sandbox,
    entrypoint,
    env: ["GREETING=hello"],
    groups: [],
    tty: false,
    stdin: false,
    stdinOnce: false,
    mounts: [],
    pid: "own",
    ipc: "sandbox",
    privileged: false,
    readOnlyRootFilesystem: false,
    capabilities: { add: [], drop: [] },
    noNewPrivileges: false,
    unmaskedProc: false,
    resources: { cpuShares: 2, oomScoreAdjust: 1000 },
    ...change,
  };
}

describe.each(implementations)("container runtime: $name", ({ make, address }) => {
  let runtime: ContainerRuntime;
  let sandbox: RuntimeContainer;
  let count = 0;

  const config = (command: string[], change: Partial<ContainerConfig> = {}): ContainerConfig =>
    containerConfig(`k8s_c${++count}_conformance_${process.pid}`, sandbox.id, command, change);
  const sandboxOf = (n: number) => ({
    name: `k8s_POD${n}_conformance_${process.pid}`,
    labels: { [containerLabels.podUid]: "u", [containerLabels.podIp]: address(n) },
    network: { address: address(n), ports: [] },
    hostname: `pod-${n}`,
    mounts: [],
    hostPid: false,
    hostIpc: false,
    sysctls: {},
  });
  const runs = async (command: string[], change: Partial<ContainerConfig> = {}) => {
    const { id } = await runtime.create(config(command, change));
    return runtime.start(id);
  };

  beforeAll(async () => {
    runtime = make();
    await runtime.prepare();
    sandbox = await runtime.runSandbox(sandboxOf(10));
  });
  afterAll(async () => {
    await runtime.removeEverything();
  });

  test("says what it is", async () => {
    const info = await runtime.info();
    expect(info.name).toBe("docker");
    expect(info.version).toMatch(/^\d+\.\d+/);
    expect(info.cpus).toBeGreaterThan(0);
    expect(["amd64", "arm64"]).toContain(info.architecture);
  });

  test("prepares as often as it is asked to", async () => {
    await runtime.prepare();
    await runtime.prepare();
  });

  test("a sandbox runs, with its labels", () => {
    expect(sandbox.state).toBe("running");
    expect(sandbox.startedAt).toBeGreaterThan(0);
    expect(sandbox.labels[containerLabels.podIp]).toBe(address(10));
  });

  test("an address that is taken is refused as such, and nothing is left of the attempt", async () => {
    const refused = runtime.runSandbox({ ...sandboxOf(10), name: `k8s_POD10b_conformance_${process.pid}` });
    await expect(refused).rejects.toMatchObject({ kind: "AddressInUse" });
    using feed = new Feed(runtime);
    await feed.until("the list", (events) => events.length > 0);
    const [first] = feed.events;
    const sandboxes =
      first?.type === "synced" ? first.containers.filter(({ labels }) => !labels[containerLabels.container]) : [];
    expect(sandboxes.map(({ id }) => id)).toEqual([sandbox.id]);
  });

  test("a container's life is told in order: created, running, exited, removed", async () => {
    using feed = new Feed(runtime);
    await feed.until("the list", (events) => events[0]?.type === "synced");
    const { id } = await runtime.create(config(["sh", "-c", "echo out; echo bad >&2; exit 3"]));
    const started = await runtime.start(id);
    expect(started.startedAt).toBeGreaterThanOrEqual(started.createdAt);
    await feed.until("its end", () => feed.states(id).includes("exited"));
    const end = feed.events.findLast((event) => event.type === "changed" && event.container.id === id);
    expect(end).toMatchObject({ container: { exitCode: 3, oomKilled: false, error: "", image } });
    await runtime.remove(id);
    await feed.until("its removal", () => feed.states(id).includes("removed"));
    const states = feed.states(id).filter((state) => state !== "running");
    expect(states).toEqual(["created", "exited", "removed"]);
  });

  test("whoever begins to watch is told what there is", async () => {
    const running = await runs(["sleep", "1000"]);
    using feed = new Feed(runtime);
    await feed.until("the list", (events) => events.length > 0);
    const [first] = feed.events;
    if (first?.type !== "synced") throw new Error(`the first event was ${first?.type}`);
    const found = first.containers.find(({ id }) => id === running.id);
    expect(found).toEqual(running);
    expect(found?.imageId).toBe((await runtime.image(image))?.id);
    await runtime.remove(running.id);
  });

  test("a command that is not there: the engine's words, and an exit code", async () => {
    using feed = new Feed(runtime);
    const { id } = await runtime.create(config(["nosuch"]));
    await expect(runtime.start(id)).rejects.toThrow(/exec: "nosuch": executable file not found in \$PATH/);
    await feed.until("its end", () => feed.states(id).includes("exited"));
    const end = feed.events.findLast((event) => event.type === "changed" && event.container.id === id);
    expect(end).toMatchObject({ container: { exitCode: 127, error: expect.stringContaining("nosuch") } });
    expect(end?.type === "changed" && end.container.startedAt).toBeUndefined();
    await runtime.remove(id);
  });

  test("a taken name is a Conflict, a missing image NotFound", async () => {
    const first = config(["sleep", "1000"]);
    const { id } = await runtime.create(first);
    await expect(runtime.create(first)).rejects.toMatchObject({ kind: "Conflict" });
    await expect(runtime.create(config(["true"], { image: "nosuch:1" }))).rejects.toMatchObject({ kind: "NotFound" });
    await runtime.remove(id);
  });

  test("the sandbox's host name, and the environment, are the container's", async () => {
    const { id } = await runs(["sleep", "1000"]);
    const session = await runtime.exec(id, ["sh", "-c", "hostname; echo $GREETING"], noStdin, never);
    expect(await text(session.stdout)).toBe("pod-10\nhello\n");
    expect(await session.exit).toBe(0);
    await runtime.remove(id);
  });

  test("exec: stdin, stdout, stderr apart, and the exit code", async () => {
    const { id } = await runs(["sleep", "1000"]);
    const session = await runtime.exec(
      id,
      ["sh", "-c", "cat; echo bad >&2; exit 5"],
      { ...noStdin, stdin: true },
      never,
    );
    session.stdin?.end("given\n");
    const [out, err, code] = await Promise.all([text(session.stdout), text(session.stderr), session.exit]);
    expect([out, err, code]).toEqual(["given\n", "bad\n", 5]);
    await runtime.remove(id);
  });

  test("exec of what is not there says so and exits with 126 or 127", async () => {
    const { id } = await runs(["sleep", "1000"]);
    const session = await runtime.exec(id, ["nosuch"], noStdin, never);
    expect(await text(session.stdout)).toMatch(/OCI runtime exec failed.*nosuch/);
    expect([126, 127]).toContain(await session.exit);
    await runtime.remove(id);
  });

  test("logs: all, the last lines, a number of bytes, with times", async () => {
    using feed = new Feed(runtime);
    const { id } = await runs(["sh", "-c", "echo one; echo two; echo three"]);
    await feed.until("its end", () => feed.states(id).includes("exited"));
    expect(await text(await runtime.logs(id, {}, never))).toBe("one\ntwo\nthree\n");
    expect(await text(await runtime.logs(id, { tailLines: 1 }, never))).toBe("three\n");
    expect(await text(await runtime.logs(id, { tailLines: 0 }, never))).toBe("");
    expect(await text(await runtime.logs(id, { limitBytes: 5 }, never))).toBe("one\nt");
    const timed = await text(await runtime.logs(id, { timestamps: true, tailLines: 1 }, never));
    expect(timed).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z three\n$/);
    await runtime.remove(id);
  });

  test("followed logs end with the container", async () => {
    const { id } = await runs(["sh", "-c", "echo begun; sleep 1; echo over"]);
    const log = await runtime.logs(id, { follow: true }, never);
    expect(await text(log)).toBe("begun\nover\n");
    await runtime.remove(id);
  });

  test("attach shows what is written from then on", async () => {
    const { id } = await runs(["sh", "-c", "sleep 1; echo late; sleep 1; exit 4"]);
    const session = await runtime.attach(id, noStdin, never);
    expect(await text(session.stdout)).toBe("late\n");
    await runtime.remove(id);
  });

  test("nobody attaches to a container that has ended: it would wait for ever", async () => {
    using feed = new Feed(runtime);
    const { id } = await runs(["true"]);
    await feed.until("its end", () => feed.states(id).includes("exited"));
    await expect(runtime.attach(id, noStdin, never)).rejects.toThrow(`container not running (${id})`);
    await runtime.remove(id);
  });

  test("signals end a container, or are ignored by it; to one that ended they are nothing", async () => {
    using feed = new Feed(runtime);
    const { id } = await runs(["sh", "-c", "trap '' TERM; sleep 1000"]);
    await runtime.signal(id, "SIGTERM");
    await runtime.signal(id, "SIGKILL");
    await feed.until("its end", () => feed.states(id).includes("exited"));
    const end = feed.events.findLast((event) => event.type === "changed" && event.container.id === id);
    expect(end).toMatchObject({ container: { exitCode: 137 } });
    await runtime.signal(id, "SIGTERM");
    await runtime.remove(id);
    await runtime.signal(id, "SIGTERM");
    await runtime.remove(id);
  });

  test("a port that nobody listens on within the sandbox is refused", async () => {
    await expect(runtime.connect(sandbox.id, 9, never)).rejects.toThrow(/connection refused/);
  });

  test("images are found by reference and by id; pulling what no registry has fails", async () => {
    const found = await runtime.image(image);
    expect(found?.id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await runtime.image(found?.id ?? "")).toEqual(found);
    expect(await runtime.image("nosuch:1")).toBeUndefined();
    await expect(runtime.pull("127.0.0.1:9/nosuch:1", [], never)).rejects.toBeInstanceOf(RuntimeError);
  });

  test("volumes in memory may be made and removed again and again", async () => {
    const name = `skiff-conformance-${process.pid}`;
    await runtime.createMemoryVolume(name, { sizeBytes: 1024 * 1024 });
    await runtime.createMemoryVolume(name, { sizeBytes: 1024 * 1024 });
    await runtime.removeVolume(name);
    await runtime.removeVolume(name);
  });

  test("everything goes at once", async () => {
    await runs(["sleep", "1000"]);
    const removed = await runtime.removeEverything();
    expect(removed.length).toBeGreaterThanOrEqual(2);
    using feed = new Feed(runtime);
    await feed.until("the list", (events) => events.length > 0);
    expect(feed.events[0]).toEqual({ type: "synced", containers: [] });
    expect(await runtime.removeEverything()).toEqual([]);
  });
});

/** A way to the engine that can be cut. */
class Cable implements AsyncDisposable {
  readonly path: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor() {
    this.path = join(tmpdir(), `skiff-cable-${process.pid}.sock`);
  }

  async plug(): Promise<void> {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const engine = connect({ path: "/var/run/docker.sock", allowHalfOpen: true });
      for (const end of [socket, engine]) {
        this.#sockets.add(end);
        end.on("error", () => {});
        end.on("close", () => this.#sockets.delete(end));
      }
      socket.pipe(engine).pipe(socket);
    });
    this.#server.listen(this.path);
    await once(this.#server, "listening");
  }

  async cut(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
  }
}

describe("container runtime: docker alone", () => {
  const [, docker] = implementations;

  test("an engine that goes away is told of, and everything is listed anew when it is back", async () => {
    await using cable = new Cable();
    await cable.plug();
    const client = new Dockerode({ socketPath: cable.path });
    const options = { settings: dockerSettings, clock: systemClock, log: silentLogger };
    const runtime = new DockerRuntime({ ...options, docker: client });
    const direct = new DockerRuntime(options);
    await direct.prepare();
    try {
      using feed = new Feed(runtime);
      await feed.until("the first list", (events) => events[0]?.type === "synced");
      await cable.cut();
      await feed.until("the loss", (events) => events.some(({ type }) => type === "disconnected"));
      await expect(runtime.info()).rejects.toMatchObject({ kind: "Unavailable" });
      const sandbox = await direct.runSandbox({
        name: `k8s_PODcable_conformance_${process.pid}`,
        labels: {},
        hostname: "cable",
        mounts: [],
        hostPid: false,
        hostIpc: false,
        sysctls: {},
      });
      await cable.plug();
      await feed.until("the second list", (events) => {
        const last = events.at(-1);
        return last?.type === "synced" && last.containers.some(({ id }) => id === sandbox.id);
      });
    } finally {
      await direct.removeEverything();
    }
  });

  test("a bridge that was left without its network is replaced, and goes with everything else", async () => {
    const bridge = bridgeName(dockerSettings);
    const devices = () => readdir("/sys/class/net");
    const address = async () => (await exec("ip", "-o", "-4", "addr", "show", "dev", bridge)).match(/inet (\S+)/)?.[1];
    const runtime = new DockerRuntime({ settings: dockerSettings, clock: systemClock, log: silentLogger });
    await exec("ip", "link", "add", bridge, "type", "bridge");
    expect(await runtime.removeEverything()).toEqual([`bridge ${bridge}`]);
    expect(await devices()).not.toContain(bridge);
    await exec("ip", "link", "add", bridge, "type", "bridge");
    try {
      await runtime.prepare();
      expect(await address()).toBe(`10.253.${subnet}.1/24`);
    } finally {
      expect(await runtime.removeEverything()).not.toContain(`bridge ${bridge}`);
    }
    expect(await devices()).not.toContain(bridge);
  });

  test("a removed Pod network is made again, with its Pods on it", async () => {
    const network = new EventEmitter();
    const restored = once(network, "restored", { signal: AbortSignal.timeout(20_000) });
    const options = { settings: dockerSettings, clock: systemClock, log: silentLogger };
    const runtime = new DockerRuntime({ ...options, onNetworkRestored: () => network.emit("restored") });
    await runtime.prepare();
    try {
      using feed = new Feed(runtime);
      await feed.until("the first list", (events) => events.length > 0);
      const sandboxes = await Promise.all(
        [30, 31].map((n) =>
          runtime.runSandbox({
            name: `k8s_POD${n}_conformance_${process.pid}`,
            labels: { [containerLabels.podIp]: `10.253.${subnet}.${n}` },
            network: { address: `10.253.${subnet}.${n}`, ports: [] },
            hostname: `pod-${n}`,
            mounts: [],
            hostPid: false,
            hostIpc: false,
            sysctls: {},
          }),
        ),
      );
      await new Dockerode().pruneNetworks({ filters: { label: [`skiff.dev/instance=${dockerSettings.name}`] } });
      await restored;
      for (const [index, { id }] of sandboxes.entries()) {
        const ping = ["ping", "-c", "1", "-w", "10", `10.253.${subnet}.${index === 0 ? 31 : 30}`];
        const name = `k8s_ping${index}_conformance_${process.pid}`;
        const { id: pinging } = await runtime.create(containerConfig(name, id, ping));
        await runtime.start(pinging);
        await feed.until("the end of ping", () => feed.states(pinging).includes("exited"));
        const ended = feed.events.findLast((event) => event.type === "changed" && event.container.id === pinging);
        expect(ended).toMatchObject({ container: { exitCode: 0 } });
      }
    } finally {
      await runtime.removeEverything();
    }
  });

  test("a sandbox that somebody else starts again goes, for its network is gone", async () => {
    const runtime = (docker as (typeof implementations)[number]).make();
    await runtime.prepare();
    try {
      using feed = new Feed(runtime);
      await feed.until("the first list", (events) => events.length > 0);
      const { id } = await runtime.runSandbox({
        name: `k8s_PODrestarted_conformance_${process.pid}`,
        labels: {},
        network: { address: `10.253.${subnet}.40`, ports: [] },
        hostname: "restarted",
        mounts: [],
        hostPid: false,
        hostIpc: false,
        sysctls: {},
      });
      await new Dockerode().getContainer(id).restart({ t: 0 });
      await feed.until("its removal", (events) => events.some((event) => event.type === "removed" && event.id === id));
      expect(feed.states(id)).toContain("running");
    } finally {
      await runtime.removeEverything();
    }
  });

  test("a connection reaches what listens on the sandbox's loopback interface only", async () => {
    const runtime = (docker as (typeof implementations)[number]).make();
    await runtime.prepare();
    try {
      const sandbox = await runtime.runSandbox({
        name: `k8s_PODrelay_conformance_${process.pid}`,
        labels: {},
        network: { address: `10.253.${subnet}.20`, ports: [] },
        hostname: "relay",
        mounts: [],
        hostPid: false,
        hostIpc: false,
        sysctls: {},
      });
      const script = "mkdir /www; echo found > /www/it; httpd -p 127.0.0.1:8081 -h /www; echo up; sleep 1000";
      const name = `k8s_relay_conformance_${process.pid}`;
      const { id } = await runtime.create(containerConfig(name, sandbox.id, ["sh", "-c", script]));
      await runtime.start(id);
      const log = await runtime.logs(id, { follow: true }, never);
      await once(log, "data");
      log.destroy();
      const connection = await runtime.connect(sandbox.id, 8081, never);
      connection.end("GET /it HTTP/1.0\r\n\r\n");
      expect(await text(connection)).toMatch(/found\n$/);
    } finally {
      await runtime.removeEverything();
    }
  });
});
