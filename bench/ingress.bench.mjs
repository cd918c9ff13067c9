// Requests through Ingress, against the same requests through nginx to the same Pods. wrk, 32 connections, interleaved rounds.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Instance } from "./measure.mjs";
import { nginx } from "./nginx.mjs";
import { loadInTurns, rowsOf } from "./wrk.mjs";

export const title = "Requests through Ingress";
const nginxPort = 18080;
const host = "bench.example.com";

const ingress = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "web" },
  spec: {
    rules: [
      {
        host,
        http: {
          paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
        },
      },
    ],
  },
};

/** nginx as a careful administrator would set it up, with an access log as ours has one. */
async function startNginx(addresses) {
  const directory = mkdtempSync(join(tmpdir(), "skiff-bench-nginx-"));
  const config = join(directory, "nginx.conf");
  writeFileSync(
    config,
    `daemon off; worker_processes auto; pid ${directory}/pid; error_log /dev/null;
events { worker_connections 4096; }
http {
  access_log ${directory}/access.log combined buffer=64k flush=1s;
  client_body_temp_path ${directory}/b; proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f;
  uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  keepalive_requests 1000000;
  upstream pods { ${addresses.map((address) => `server ${address}:80;`).join(" ")} keepalive 320; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${nginxPort};
    location / {
      proxy_pass http://pods; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Request-ID $request_id; proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Port $server_port; proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`,
  );
  const child = spawn("nginx", ["-c", config], { stdio: "ignore" });
  for (;;) {
    try {
      if ((await fetch(`http://127.0.0.1:${nginxPort}/`)).ok) break;
    } catch {
      await wait(50);
    }
  }
  return () => {
    child.kill();
    rmSync(directory, { recursive: true, force: true });
  };
}

export async function run() {
  const instance = new Instance("bench-ingress");
  let stopNginx = () => {};
  try {
    const { ingress: ports } = instance.up();
    await instance.apply(...nginx("web", 2), ingress);
    await instance.kubectl("rollout", "status", "deploy/web", "--timeout=120s");
    const pods = await instance.kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.podIP}");
    stopNginx = await startNginx(pods.split(" "));
    const ours = `http://127.0.0.1:${ports.http}/hostname`;
    const theirs = `http://127.0.0.1:${nginxPort}/hostname`;
    return [false, true].flatMap((newConnections) => {
      const [measured, baseline] = loadInTurns([ours, theirs], { newConnections, host });
      const what = `${newConnections ? "new connections" : "keep-alive"}, 2 endpoints`;
      return rowsOf(what, measured, baseline, "nginx, a worker per core", 0.5);
    });
  } finally {
    stopNginx();
    instance.reset();
  }
}
