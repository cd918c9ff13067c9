// Makes sure that a Docker Engine answers, and that nft, conntrack and ip are there. On Debian and Ubuntu, as root,
// it installs and starts what is missing, saying so; anywhere else it says in one sentence what to do.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

const tools = { "docker.io": "dockerd", nftables: "nft", conntrack: "conntrack", iproute2: "ip", iptables: "iptables" };

const has = (program) => spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;

export function dockerAnswers() {
  return (
    spawnSync("docker", ["version", "--format", "{{.Server.Version}}"], { stdio: "ignore", timeout: 15_000 }).status ===
    0
  );
}

/** Installs Debian packages that are missing. `wanted`: package → a program or file it brings. Services are not started. */
export function installPackages(wanted, say = console.log) {
  const missing = Object.keys(wanted).filter((name) => !has(wanted[name]));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !has("apt-get")) {
    throw new Error(
      `These programs are missing: ${missing.map((name) => wanted[name]).join(", ")}. Install them with your package manager (on Debian, as root: apt-get install ${missing.join(" ")})`,
    );
  }
  say(`Installing ${missing.join(", ")} (apt-get) …`);
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  // Debian's way of saying "install, but do not start services".
  if (ours) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const install = () =>
    spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], { env, encoding: "utf8" });
  try {
    let result = install();
    if (result.status !== 0) {
      execFileSync("apt-get", ["update", "-qq"], { env, stdio: ["ignore", "ignore", "inherit"] });
      result = install();
    }
    if (result.status !== 0)
      throw new Error(`apt-get could not install ${missing.join(", ")}: ${result.stderr.trim().split("\n").at(-1)}`);
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

/** A pid file of an engine that is gone keeps the next from starting, above all when its number lives on in another process. */
function removeStalePidFiles() {
  for (const [file, program] of [
    ["/var/run/docker.pid", "dockerd"],
    ["/var/run/docker/containerd/containerd.pid", "containerd"],
  ]) {
    if (!existsSync(file)) continue;
    const pid = readFileSync(file, "utf8").trim();
    const command = existsSync(`/proc/${pid}/comm`) ? readFileSync(`/proc/${pid}/comm`, "utf8").trim() : "";
    if (command !== program) rmSync(file, { force: true });
  }
}

const engineLog = "/var/log/dockerd.log";

async function startEngine(say) {
  removeStalePidFiles();
  let engine;
  if (existsSync("/run/systemd/system")) {
    say("Starting the Docker Engine (systemctl start docker) …");
    execFileSync("systemctl", ["start", "docker"], { stdio: ["ignore", "ignore", "inherit"] });
  } else {
    say(`Starting the Docker Engine (dockerd; its log is ${engineLog}) …`);
    mkdirSync("/var/log", { recursive: true });
    const log = openSync(engineLog, "a");
    engine = spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] });
    engine.unref();
  }
  const deadline = Date.now() + 60_000;
  while (!dockerAnswers()) {
    // `exitCode` is set when the child's end has been seen, which is while we wait below.
    if (engine && engine.exitCode !== null) {
      const reason = readFileSync(engineLog, "utf8").trim().split("\n").at(-1);
      throw new Error(`The Docker Engine does not start: ${reason} (all of its log is in ${engineLog})`);
    }
    if (Date.now() > deadline)
      throw new Error(`The Docker Engine does not answer a minute after its start; see ${engineLog}`);
    await wait(200);
  }
}

export async function ensureDocker(say = console.log) {
  if (dockerAnswers()) {
    const { "docker.io": _, ...rest } = tools;
    if (process.getuid?.() === 0 && has("apt-get")) installPackages(rest, say);
    return;
  }
  if (process.env.DOCKER_HOST)
    throw new Error(
      `No Docker Engine answers at DOCKER_HOST=${process.env.DOCKER_HOST}. Start it, or unset DOCKER_HOST`,
    );
  if (process.getuid?.() !== 0 || !has("apt-get")) {
    throw new Error(
      "No Docker Engine answers. Install and start Docker (https://docs.docker.com/engine/install/), make sure `docker version` shows a server for your user, and run this again",
    );
  }
  installPackages(tools, say);
  await startEngine(say);
}
