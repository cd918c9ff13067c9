/** Skiff itself as a container: built by the Dockerfile and run by docker-compose.yml, without any registry. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Pod, Service } from "../../src/machinery/types.ts";
import { makeBaseImage } from "../support/base-image.ts";
import { get } from "../support/http.ts";
import { runningOf } from "../support/pods.ts";
import { eventually, freePort, type Output, run, SkiffInstance } from "../support/skiff.ts";
import { tracesOf } from "../support/traces.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** Notices whether Skiff looks at the host's files or at those of its image. */
const onHostPath = (directory: string) => `
apiVersion: v1
kind: Pod
metadata: { name: on-host-path }
spec:
  terminationGracePeriodSeconds: 0
  volumes:
    - { name: there, hostPath: { path: ${directory}/there, type: Directory } }
    - { name: made, hostPath: { path: ${directory}/made, type: DirectoryOrCreate } }
    - { name: configuration, configMap: { name: kube-root-ca.crt } }
  containers:
    - name: c
      image: busybox:1.36
      command: [sh, -c, "cp /configuration/ca.crt /made/ && sleep 9000"]
      volumeMounts:
        - { name: there, mountPath: /there }
        - { name: made, mountPath: /made }
        - { name: configuration, mountPath: /configuration }
`;

/** Compose files, the second over the first. */
async function composeFiles(): Promise<string[]> {
  const { code } = await run("docker", ["run", "--rm", "--privileged", "--network", "none", "busybox:1.36", "true"]);
  const base = join(checkout, "docker-compose.yml");
  return code === 0 ? [base] : [base, join(checkout, "test/support/container-capabilities.yml")];
}

/** The service of docker-compose.yml, in a project of its own. */
class ComposeProject implements AsyncDisposable {
  readonly container: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #flags: readonly string[];

  constructor(instance: SkiffInstance, files: readonly string[], environment: NodeJS.ProcessEnv) {
    this.#flags = ["-p", `skiff-${instance.name}`, ...files.flatMap((file) => ["-f", file])];
    this.container = `skiff-${instance.name}`;
    this.#env = { ...instance.env, ...environment };
  }

  async run(...args: string[]): Promise<string> {
    const output = await this.#try(...args);
    if (output.code !== 0)
      throw new Error(`docker-compose ${args.join(" ")} ended with ${output.code}:\n${output.all}`);
    return output.stdout;
  }

  #try(...args: string[]): Promise<Output> {
    return run("docker-compose", [...this.#flags, ...args], { env: this.#env, timeoutMs: 150_000 });
  }

  /** @returns the moment at which the container that is healthy now was started. */
  async healthy(): Promise<string> {
    return eventually(async () => {
      const { stdout } = await run("docker", ["inspect", "-f", "{{json .State}}", this.container]);
      const { Health, StartedAt } = JSON.parse(stdout) as { Health: { Status: string }; StartedAt: string };
      if (Health.Status === "healthy") return StartedAt;
      throw new Error(`it is ${Health.Status}: ${(await run("docker", ["logs", this.container])).all}`);
    }, "the container is healthy");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#try("down", "--rmi", "local");
  }
}

it("runs from docker-compose.yml as it does on the host", async () => {
  await using instance = await SkiffInstance.prepare();
  await using base = await makeBaseImage(instance.name);
  await using compose = new ComposeProject(instance, await composeFiles(), {
    BASE_IMAGE: base.tag,
    // The builder that every engine has; and whatever the build would fetch fails the test.
    DOCKER_BUILDKIT: "0",
    SKIFF_BUILD_NETWORK: "none",
    SKIFF_PORT: String(await freePort()),
    SKIFF_HEALTH_INTERVAL: "1s",
  });
  // One command after a clone builds and starts it.
  await compose.run("up", "-d");
  const firstStart = await compose.healthy();
  writeFileSync(instance.env["KUBECONFIG"] ?? "", await compose.run("exec", "-T", "skiff", "skiff", "kubeconfig"));

  const status = await instance.status();
  expect(status).toMatchObject({ proxyMode: "nftables", dataDir: instance.dataDir });
  // The commands of the host and those of the container speak of the same process.
  const { stdout: pid } = await run("docker", ["inspect", "-f", "{{.State.Pid}}", compose.container]);
  expect(status.pid).toBe(Number(pid));

  await instance.kubectl("apply", "-f", join(checkout, "examples/hostnames.yaml"));
  await instance.kubectl("rollout", "status", "deployment/hostnames", "--timeout=60s");
  const { spec } = await instance.json<Service>("get", "service", "hostnames");
  const url = `http://${spec?.clusterIP}/`;
  const { items } = await instance.json<{ items: Pod[] }>("get", "pods");
  const names = items.map(({ metadata }) => metadata?.name);
  expect(names).toContain((await get(url)).trim());
  const nodePort = spec?.ports?.[0]?.nodePort;
  expect(names).toContain((await get(`http://127.0.0.1:${nodePort}/`)).trim());
  // By its name, from within a Pod.
  const within = await instance.kubectl("exec", "deploy/hostnames", "--", "wget", "-qO-", "http://hostnames/");
  expect(names).toContain(within.trim());

  mkdirSync(join(instance.home, "there"));
  await instance.apply(onHostPath(instance.home));
  await instance.kubectl("wait", "--for=condition=Ready", "pod/on-host-path", "--timeout=30s");
  await eventually(() => existsSync(join(instance.home, "made/ca.crt")) || undefined, "the Pod writes to the host");

  const before = await runningOf(instance);
  expect(before).toHaveLength(2 * (names.length + 1));
  await run("docker", ["restart", compose.container]);
  expect(await compose.healthy()).not.toBe(firstStart);
  expect(await runningOf(instance)).toEqual(before);
  expect(names).toContain((await get(url)).trim());

  await compose.run("down");
  expect(await runningOf(instance)).toEqual(before);
  // Kernel rules need nobody to keep them.
  expect(names).toContain((await get(url)).trim());
  expect((await instance.trySkiff("status")).code).toBe(3);

  await compose.run("up", "-d");
  await compose.healthy();
  expect(await runningOf(instance)).toEqual(before);
  await run("docker", ["update", "--restart=no", compose.container]);
  await run("docker", ["exec", "-d", compose.container, "skiff", "down"]);
  expect((await run("docker", ["wait", compose.container])).all).toBe("0\n");
  expect(await runningOf(instance)).toEqual([]);

  await compose.run("down");
  const reset = await compose.run("run", "--rm", "skiff", "reset", "--yes");
  expect(reset).toContain(`Nothing of Skiff "${instance.name}" is left`);
  // The user's copy is the user's.
  rmSync(instance.env["KUBECONFIG"] ?? "");
  // Docker has mounted the directory, which keeps it there.
  expect(await tracesOf(instance, status.serviceCidr)).toEqual([instance.dataDir]);
  expect(readdirSync(instance.dataDir)).toEqual([]);
});
