// `npm run quickstart`: from a fresh checkout to a rolling update under load, with real figures. The cluster stays up.
import { spawn, spawnSync } from "node:child_process";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { ensureDocker, installPackages } from "./ensure-docker.mjs";
import { findKubectl } from "./kubectl.mjs";
import { hasImage, makeImages } from "./test-images.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const skiff = `${root}bin/skiff`;
const image = "busybox:1.36";
const seconds = (began) => `${((Date.now() - began) / 1000).toFixed(2)} s`;
const step = (text) => console.log(`\n▸ ${text}`);
const print = (text) => console.log(text.trimEnd().replaceAll(/^/gm, "    "));

function run(command, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", cwd: root, ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}

function demoImage() {
  if (hasImage(image)) return "was in Docker's store";
  if (spawnSync("docker", ["pull", "-q", image], { stdio: "ignore", timeout: 60_000 }).status === 0) return "pulled";
  installPackages({ "busybox-static": "busybox" });
  makeImages(["busybox"]);
  return "no registry answered: built here from busybox-static";
}

/** One GET on a connection of its own. */
function get(host, port, path = "/") {
  return new Promise((resolve, reject) => {
    const request = http.get({ host, port, path, agent: false, timeout: 5000 }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("error", reject);
      response.on("end", () =>
        response.statusCode === 200 ? resolve(body.trim()) : reject(new Error(`HTTP ${response.statusCode}`)),
      );
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
    request.on("error", reject);
  });
}

/** Eight clients that call without pause until told to stop: as many as busybox httpd queues (9). */
function load(host, port) {
  const result = { requests: 0, failed: 0, slowestMs: 0, errors: new Set() };
  let going = true;
  const client = async () => {
    while (going) {
      const began = performance.now();
      try {
        await get(host, port);
      } catch (error) {
        result.failed++;
        result.errors.add(error.message);
      }
      result.requests++;
      result.slowestMs = Math.max(result.slowestMs, performance.now() - began);
    }
  };
  const clients = Array.from({ length: 8 }, client);
  return async () => {
    going = false;
    await Promise.all(clients);
    return result;
  };
}

async function main() {
  const began = Date.now();
  step("A Docker Engine");
  await ensureDocker((text) => print(text));
  print(run("docker", ["version", "--format", "Docker Engine {{.Server.Version}} answers"]));

  step("Build");
  run(process.execPath, ["scripts/build.mjs"]);
  print("dist/ is built");

  step("skiff up");
  print(run(skiff, ["up"]));

  step(`The demo's image, ${image}`);
  print(demoImage());

  const found = findKubectl();
  if (!found)
    throw new Error("kubectl was not found. Install it (https://kubernetes.io/docs/tasks/tools/), then run this again");
  const config = JSON.parse(run(skiff, ["status", "-o", "json"])).kubeconfig;
  const kubectl = (...args) => run(found, ["--kubeconfig", config, ...args]);
  const show = (...args) => {
    print(`$ kubectl ${args.join(" ")}`);
    print(kubectl(...args));
  };
  const follow = () =>
    new Promise((resolve, reject) => {
      print("$ kubectl rollout status deploy/hostnames");
      const child = spawn(found, ["--kubeconfig", config, "rollout", "status", "deploy/hostnames", "--timeout=120s"]);
      child.stdout.on("data", (chunk) => print(chunk.toString()));
      child.stderr.on("data", (chunk) => print(chunk.toString()));
      child.on("error", reject);
      child.on("close", (code) => (code === 0 ? resolve() : reject(new Error("the rollout did not finish"))));
    });

  step("Apply examples/hostnames.yaml: a Deployment of three replicas and a Service");
  const applied = Date.now();
  show("apply", "-f", "examples/hostnames.yaml");
  await follow();
  const ready = seconds(applied);
  show("get", "deploy,pods,svc", "-o", "wide");

  const service = JSON.parse(kubectl("get", "svc", "hostnames", "-o", "json"));
  const clusterIp = service.spec.clusterIP;
  const nodePort = service.spec.ports[0].nodePort;

  step("Call it");
  const answers = new Set();
  for (let call = 0; call < 30; call++) answers.add(await get(clusterIp, 80));
  print(
    `by cluster IP  http://${clusterIp}/      → ${answers.size} different Pods in 30 calls: ${[...answers].join(", ")}`,
  );
  const pod = kubectl("get", "pods", "-l", "app=hostnames", "-o", "name").split("\n")[0];
  print(
    `by name, from inside a Pod  http://hostnames/ → ${kubectl("exec", pod, "--", "wget", "-qO-", "http://hostnames/").trim()}`,
  );
  print(`by NodePort    http://127.0.0.1:${nodePort}/  → ${await get("127.0.0.1", nodePort)}`);

  step("Roll to a second version while 8 clients call without pause");
  const stop = load(clusterIp, 80);
  const rolled = Date.now();
  show("set", "env", "deploy/hostnames", "VERSION=2");
  kubectl("annotate", "deploy/hostnames", "kubernetes.io/change-cause=second version");
  await follow();
  const rollout = seconds(rolled);
  print(`/version now answers ${await get(clusterIp, 80, "/version")}`);

  step("Undo it, under the same load");
  show("rollout", "undo", "deploy/hostnames");
  await follow();
  const result = await stop();
  print(`/version answers ${await get(clusterIp, 80, "/version")} again`);
  show("rollout", "history", "deploy/hostnames");

  step("What happened");
  print(`three replicas ready   ${ready} after kubectl apply`);
  print(`rolling update         ${rollout}`);
  print(
    `under load             ${result.requests} requests, ${result.failed} failed, slowest ${result.slowestMs.toFixed(0)} ms`,
  );
  if (result.failed > 0) print(`errors: ${[...result.errors].join("; ")}`);
  print(`all of this            ${seconds(began)}`);
  step("Try next (the cluster stays up)");
  print(
    "kubectl get all\nkubectl scale deploy/hostnames --replicas=5\nkubectl describe pod -l app=hostnames\nskiff status\nskiff down        # and later: skiff up\nexamples/         # ten scenarios, each with its commands",
  );
  if (result.failed > 0) process.exitCode = 1;
}

await main().catch((error) => {
  console.error(`\nquickstart: ${error.message}`);
  process.exitCode = 1;
});
