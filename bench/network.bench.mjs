// Requests through a Service, against the same requests straight to its Pod. wrk, 32 connections, interleaved rounds.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { installPackages } from "../scripts/ensure-docker.mjs";
import { Instance } from "./measure.mjs";
import { nginx } from "./nginx.mjs";
import { loadInTurns, reusePorts, rowsOf } from "./wrk.mjs";

export const title = "Requests through a Service";

async function addresses(instance, name) {
  await instance.kubectl("rollout", "status", `deploy/${name}`, "--timeout=120s");
  const service = await instance.kubectl("get", "svc", name, "-o", "jsonpath={.spec.clusterIP}");
  const pod = await instance.kubectl("get", "pods", "-l", `app=${name}`, "-o", "jsonpath={.items[0].status.podIP}");
  return { service, pod };
}

/** HAProxy in TCP mode, one thread, before the same Pod. */
async function haproxy(pod, port) {
  const directory = mkdtempSync(join(tmpdir(), "skiff-bench-haproxy-"));
  const file = join(directory, "haproxy.cfg");
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen web
  bind 127.0.0.1:${port}
  server pod ${pod}:80
`,
  );
  const process_ = spawn("haproxy", ["-f", file, "-db"], { stdio: ["ignore", "ignore", "inherit"] });
  const url = `http://127.0.0.1:${port}/hostname`;
  for (let tried = 0; tried < 100; tried++) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      break;
    await wait(50);
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      const ended = once(process_, "exit");
      process_.kill("SIGTERM");
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}

async function measureUserspace() {
  installPackages({ haproxy: "haproxy" });
  const instance = new Instance("bench-user");
  const putBack = reusePorts();
  try {
    instance.up("--proxy-mode", "userspace");
    await instance.apply(...nginx("direct"), ...nginx("one"));
    const direct = (await addresses(instance, "direct")).pod;
    const { service, pod } = await addresses(instance, "one");
    const baseline = await haproxy(pod, 18_080);
    try {
      const urls = [`http://${service}/hostname`, `http://${direct}/hostname`, baseline.url];
      return [
        [false, 0.8],
        [true, 0.5],
      ].flatMap(([newConnections, bar]) => {
        const [ours, straight, theirs] = loadInTurns(urls, { newConnections });
        const what = `userspace, 1 endpoint, ${newConnections ? "new connections" : "keep-alive"}`;
        return [
          ...rowsOf(what, ours, straight, "the Pod directly"),
          ...rowsOf(what, ours, theirs, "HAProxy, tcp mode, one thread", bar),
        ];
      });
    } finally {
      await baseline[Symbol.asyncDispose]();
    }
  } finally {
    putBack();
    instance.reset();
  }
}

async function measureKernel(cases) {
  const mode = "nftables";
  const instance = new Instance("bench-nft");
  const putBack = reusePorts();
  try {
    instance.up("--proxy-mode", mode);
    // Direct calls go to a Pod of their own: connections of both kinds to one Pod would clash in TIME_WAIT.
    await instance.apply(...nginx("direct"), ...nginx("one"), ...nginx("three", 3));
    const direct = (await addresses(instance, "direct")).pod;
    const rows = [];
    for (const { endpoints, newConnections, bar } of cases) {
      const { service } = await addresses(instance, endpoints === 1 ? "one" : "three");
      const urls = [service, direct].map((address) => `http://${address}/hostname`);
      const [ours, straight] = loadInTurns(urls, { newConnections });
      const what = `${mode}, ${endpoints} endpoint${endpoints > 1 ? "s" : ""}, ${newConnections ? "new connections" : "keep-alive"}`;
      rows.push(...rowsOf(what, ours, straight, "the Pod directly", bar));
    }
    return rows;
  } finally {
    putBack();
    instance.reset();
  }
}

export async function run() {
  return [
    ...(await measureKernel([
      { endpoints: 1, newConnections: false, bar: 0.93 },
      { endpoints: 1, newConnections: true, bar: 0.9 },
      { endpoints: 3, newConnections: false },
      { endpoints: 3, newConnections: true },
    ])),
    ...(await measureUserspace()),
  ];
}
