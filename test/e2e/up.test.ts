/** `skiff up`, when it can start and when it cannot. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dockerNetwork, listen, route } from "../support/host.ts";
import { podNames, runHostnames } from "../support/hostnames.ts";
import { get } from "../support/http.ts";
import { killStarting } from "../support/processes.ts";
import { freePort, type Output, SkiffInstance } from "../support/skiff.ts";
import { tracesOf } from "../support/traces.ts";

describe("skiff up", () => {
  it("says where it is and what to do next, and is content when it runs already", async () => {
    await using instance = await SkiffInstance.prepare();
    const userFile = instance.env["KUBECONFIG"] ?? "";
    writeFileSync(
      userFile,
      "# mine\napiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts:\n- name: work\n  context: {cluster: far, user: me}\ncurrent-context: work\n",
      { mode: 0o640 },
    );
    const port = await freePort();
    const first = await instance.skiff("up", "--port", String(port));
    expect(first).toContain(`Skiff "${instance.name}" is ready at https://127.0.0.1:${port}`);
    expect(first).toMatch(/^Next: kubectl get nodes/m);

    const own = join(instance.dataDir, "kubeconfig");
    expect(statSync(own).mode & 0o777).toBe(0o600);
    expect(await instance.skiff("kubeconfig")).toBe(readFileSync(own, "utf8"));
    expect(await instance.kubectl("config", "current-context")).toBe(`skiff-${instance.name}\n`);
    // What was in the user's file before is there still, and so are its permissions.
    expect(readFileSync(userFile, "utf8")).toMatch(/^# mine\n[^]*name: work/);
    expect(statSync(userFile).mode & 0o777).toBe(0o640);
    expect(await instance.kubectl("get", "nodes", "--no-headers")).toMatch(/^\S+ +Ready +control-plane /);

    const { pid } = await instance.status();
    const second = await instance.trySkiff("up");
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).toBe(
      `Skiff "${instance.name}" is running already (pid ${pid}) at https://127.0.0.1:${port}\n`,
    );
  });

  it("is content when another one is quicker by a moment", async () => {
    await using instance = await SkiffInstance.prepare();
    const port = String(await freePort());
    const both = await Promise.all([1, 2].map(() => instance.trySkiff("up", "--port", port)));
    expect(both.map(({ code, stderr }) => ({ code, stderr }))).toEqual([1, 2].map(() => ({ code: 0, stderr: "" })));
    const said = both.map(({ stdout }) => stdout.split("\n")[0] ?? "").sort();
    expect(said[0]).toContain("is ready at");
    expect(said[1]).toContain("is running already");
  });

  it("leaves the user's kubeconfig alone with --no-merge", async () => {
    await using instance = await SkiffInstance.prepare();
    const output = await instance.skiff("up", "--no-merge", "--port", String(await freePort()));
    const own = join(instance.dataDir, "kubeconfig");
    expect(output).toContain(`Next: kubectl --kubeconfig ${own} get nodes`);
    expect(existsSync(instance.env["KUBECONFIG"] ?? "")).toBe(false);
    expect(await instance.kubectl("--kubeconfig", own, "get", "nodes", "-o", "name")).toMatch(/^node\//);
  });

  it("gives instances that start at once ranges and ports of their own", async () => {
    await using one = await SkiffInstance.prepare();
    await using two = await SkiffInstance.prepare();
    const outputs = await Promise.all([one.trySkiff("up"), two.trySkiff("up")]);
    for (const { code, all } of outputs) expect(code, all).toBe(0);
    const [first, second] = await Promise.all([one.status(), two.status()]);
    expect(first.podCidr).not.toBe(second.podCidr);
    expect(first.serviceCidr).not.toBe(second.serviceCidr);
    expect(first.apiServer).not.toBe(second.apiServer);
    const urls = await Promise.all([runHostnames(one), runHostnames(two)]);
    const answers = await Promise.all(urls.map((url) => get(url)));
    expect(await podNames(one)).toContain(answers[0]?.trim());
    expect(await podNames(two)).toContain(answers[1]?.trim());
  });

  it("serves through userspace when asked to", async () => {
    await using instance = await SkiffInstance.start("--proxy-mode", "userspace");
    expect((await instance.status()).proxyMode).toBe("userspace");
    const url = await runHostnames(instance);
    expect(await podNames(instance)).toContain((await get(url)).trim());
  });
});

describe("a start that cannot be", () => {
  const refused = (output: Output, sentence: RegExp): void => {
    expect(output.stderr).toMatch(sentence);
    expect(output.stderr).not.toMatch(/\n\s+at /);
    expect(output).toMatchObject({ code: 1, stdout: "" });
  };

  const startAndFail = async (flags: readonly string[], sentence: RegExp, environment: NodeJS.ProcessEnv = {}) => {
    await using instance = await SkiffInstance.prepare();
    Object.assign(instance.env, environment);
    refused(await instance.trySkiff("up", ...flags), sentence);
    // The reset that follows needs the engine that this start was to miss.
    for (const name of Object.keys(environment)) delete instance.env[name];
    expect(await tracesOf(instance)).toEqual([]);
  };

  it("names who is in the way of a port", async () => {
    const port = await freePort();
    await using _listener = await listen(port);
    await startAndFail(
      ["--port", String(port)],
      new RegExp(`Port ${port} on 127.0.0.1 is in use .* --port ${port + 1}`),
    );
  });

  it("names the Docker network that a given range overlaps", async () => {
    await using network = await dockerNetwork();
    const sentence = new RegExp(
      `--pod-cidr 10.213.0.0/16 overlaps 10.213.7.0/24, the Docker network "${network.name}"`,
    );
    await startAndFail(["--pod-cidr", "10.213.0.0/16"], sentence);
    await startAndFail(["--service-cidr", "10.213.7.0/24"], /--service-cidr 10.213.7.0\/24 overlaps 10.213.7.0\/24/);
  });

  it("names the route that a given range overlaps", async () => {
    await using _route = await route("10.214.3.0/24");
    await startAndFail(["--pod-cidr", "10.214.0.0/16"], /--pod-cidr 10.214.0.0\/16 overlaps 10.214.3.0\/24, a route/);
    await startAndFail(["--service-cidr", "10.214.0.0/16"], /--service-cidr 10.214.0.0\/16 overlaps 10.214.3.0\/24/);
  });

  it.each([
    [["--pod-cidr", "ten"], /--pod-cidr ten is not an IPv4 range such as/],
    [["--pod-cidr", "10.215.1.0/16"], /has host bits set; did you mean 10.215.0.0\/16\?/],
    [["--service-cidr", "10.215.0.0/30"], /has a wrong size/],
    [["--node-port-range", "9-1"], /--node-port-range 9-1 is not a range of ports/],
  ])("explains %j", async (flags, sentence) => {
    await startAndFail(flags, sentence);
  });

  it("explains a missing Docker Engine", async () => {
    const nowhere = { DOCKER_HOST: `unix:///tmp/${randomUUID()}.sock` };
    await startAndFail([], /No Docker Engine answers at DOCKER_HOST=unix:.*\. Start Docker, or install it/, nowhere);
  });

  it("explains missing rights", async () => {
    await using instance = await SkiffInstance.prepare();
    const plain = await instance.shell("setpriv --bounding-set=-all --inh-caps=-all skiff up");
    expect(plain.stdout).toMatch(/CAP_NET_ADMIN and CAP_NET_BIND_SERVICE missing\. Run skiff as root/);
    expect(plain.code).toBe(1);
    const drop = "setpriv --bounding-set=-net_admin --inh-caps=-net_admin";
    const output = await instance.shell(`${drop} skiff up --proxy-mode nftables`);
    expect(output.stdout).toMatch(/nftables cannot be used: .*Run skiff as root/);
    expect(output.code).toBe(1);
    expect(await tracesOf(instance)).toEqual([]);
  });

  it("leaves nothing of what it had made when it fails late", async () => {
    // The DNS server starts when network, API and rules are there. Its address is made the host's, so that it can be taken.
    await using _route = await route("10.216.0.10/32", "local");
    await using _listener = await listen(53, "10.216.0.10");
    await using instance = await SkiffInstance.prepare();
    refused(
      await instance.trySkiff("up", "--service-cidr", "10.216.0.0/16"),
      /cannot serve DNS on 10\.216\.0\.10:53: another process listens/,
    );
    expect(await tracesOf(instance, "10.216.0.0/16")).toEqual([]);
  });

  it.each(["skiff.pid", "skiff.db", "api.sock"])(
    "leaves nothing when the daemon is killed once %s is there",
    async (file) => {
      await using instance = await SkiffInstance.prepare();
      const starting = instance.trySkiff("up", "--service-cidr", "10.218.0.0/16");
      await killStarting(instance, file);
      refused(await starting, /^skiff: The daemon ended before it was ready \(SIGKILL\)/);
      expect(await tracesOf(instance, "10.218.0.0/16")).toEqual([]);
    },
  );

  it("leaves a running instance as it is when its flags would change it", async () => {
    await using instance = await SkiffInstance.start();
    const { podCidr } = await instance.status();
    await instance.kubectl("create", "configmap", "kept");
    await instance.skiff("down");
    refused(
      await instance.trySkiff("up", "--pod-cidr", "10.217.0.0/16"),
      new RegExp(`was made with the Pod range ${podCidr}`),
    );
    await instance.up();
    expect(await instance.kubectl("get", "configmap", "kept", "-o", "name")).toBe("configmap/kept\n");
  });
});
