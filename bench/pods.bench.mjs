// Twenty Pods to Ready, against the same forty containers by plain Engine calls, and against Compose.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { Instance, median, podSpec, timed } from "./measure.mjs";

export const title = "Twenty Pods to Ready";
const pods = 20;
const rounds = 3;
const image = "busybox:1.36";
const label = "skiff.dev/bench";

async function limited(count, limit, work) {
  let next = 0;
  await Promise.all(
    Array.from({ length: limit }, async () => {
      while (next < count) await work(next++);
    }),
  );
}

/** The same containers as Skiff makes, by nothing but create and start: a sandbox with a network, a container that joins it. */
async function plainEngine(concurrency) {
  const docker = new Docker();
  const network = await docker.createNetwork({ Name: "skiff-bench-plain", Labels: { [label]: "1" } });
  const made = [];
  const took = await timed(() =>
    limited(pods, concurrency, async (index) => {
      const sandbox = await docker.createContainer({
        Image: image,
        Cmd: ["sleep", "1000"],
        Hostname: `plain-${index}`,
        Labels: { [label]: "1" },
        HostConfig: { NetworkMode: "skiff-bench-plain" },
      });
      made.push(sandbox);
      await sandbox.start();
      const container = await docker.createContainer({
        Image: image,
        Cmd: ["sleep", "1000"],
        Labels: { [label]: "1" },
        HostConfig: { NetworkMode: `container:${sandbox.id}` },
      });
      made.push(container);
      await container.start();
    }),
  );
  await limited(made.length, 4, (index) => made[index].remove({ force: true }));
  await network.remove();
  return took;
}

function compose() {
  const directory = mkdtempSync(join(tmpdir(), "skiff-bench-compose-"));
  writeFileSync(
    join(directory, "docker-compose.yml"),
    `version: "3"\nservices:\n  web:\n    image: ${image}\n    command: sleep 1000\n    stop_grace_period: 1s\n`,
  );
  const run = (...args) =>
    execFileSync("docker-compose", ["-p", "skiffbench", ...args], { cwd: directory, stdio: "ignore" });
  const began = performance.now();
  run("up", "-d", "--scale", `web=${pods}`);
  const took = performance.now() - began;
  run("down");
  rmSync(directory, { recursive: true });
  return took;
}

/**
 * What a user waits for, `kubectl apply` and `kubectl rollout status`, and within it what Skiff has to answer for: from the
 * Deployment's creation until its last Pod is Ready, as a watch tells it.
 */
async function skiff(instance) {
  await instance.kubectl("create", "deployment", "warm", `--image=${image}`, "--", "sleep", "1000");
  await instance.kubectl("rollout", "status", "deploy/warm");
  await instance.kubectl("delete", "deployment", "warm", "--cascade=foreground", "--wait");
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "many" },
    spec: {
      replicas: pods,
      selector: { matchLabels: { app: "many" } },
      template: { metadata: { labels: { app: "many" } }, spec: podSpec(image, { command: ["sleep", "1000"] }) },
    },
  };
  let created = Number.NaN;
  const ready = new Map();
  const watches = [
    await instance.watch("/apis/apps/v1/namespaces/default/deployments?watch=1", ({ type, object }, at) => {
      if (type === "ADDED" && object.metadata.name === "many") created = at;
    }),
    await instance.watch("/api/v1/namespaces/default/pods?watch=1&labelSelector=app%3Dmany", ({ object }, at) => {
      const { name } = object.metadata;
      const isReady = object.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
      if (isReady && !ready.has(name)) ready.set(name, at);
    }),
  ];
  const commands = await timed(async () => {
    await instance.apply(deployment);
    await instance.kubectl("rollout", "status", "deploy/many", "--timeout=120s");
  });
  for (const stop of watches) stop();
  if (ready.size !== pods) throw new Error(`rollout status is done, and ${ready.size} of ${pods} Pods were seen Ready`);
  const took = Math.max(...ready.values()) - created;
  const names = (await instance.kubectl("get", "pods", "-l", "app=many", "-o", "name")).trim().split("\n");
  let right = 0;
  for (const name of names)
    if ((await instance.kubectl("exec", name, "--", "hostname")).trim() === name.replace("pod/", "")) right++;
  await instance.kubectl("delete", "deployment", "many", "--cascade=foreground", "--wait", "--timeout=120s");
  return { took, commands, right };
}

export async function run() {
  const instance = new Instance("bench-pods");
  const ours = [];
  const commanded = [];
  const plain = [];
  const composed = [];
  let right = 0;
  try {
    instance.up();
    for (let round = 0; round < rounds; round++) {
      const own = await skiff(instance);
      ours.push(own.took);
      commanded.push(own.commands);
      right += own.right;
      plain.push(Math.min(await plainEngine(4), await plainEngine(8)));
      composed.push(compose());
    }
  } finally {
    instance.reset();
  }
  const [own, engine, command, rival] = [ours, plain, commanded, composed].map(median);
  return [
    {
      figure: "20 Pods (40 containers) from creation to Ready",
      value: own,
      unit: "ms",
      baseline: engine,
      baselineIs: "plain Engine calls, best concurrency",
      ratio: own / engine,
      bar: "≤ 1.2",
      holds: own / engine <= 1.2,
    },
    {
      figure: "`kubectl apply` of 20 Pods until `rollout status` is done",
      value: command,
      unit: "ms",
      baseline: rival,
      baselineIs: "`docker-compose up --scale 20`",
      ratio: command / rival,
      bar: "≤ 1.2",
      holds: command / rival <= 1.2,
    },
    {
      figure: "`hostname` is the Pod's name",
      value: right,
      unit: "Pods",
      baseline: pods * rounds,
      baselineIs: "all",
      ratio: right / (pods * rounds),
      bar: "1",
      holds: right === pods * rounds,
    },
  ];
}
