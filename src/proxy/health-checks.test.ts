import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, it, vi } from "vitest";
import { silentLogger } from "../machinery/log.ts";
import type { ServiceRules } from "./compile.ts";
import { HealthChecks } from "./health-checks.ts";

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function rules(healthCheckPort: number | undefined, ...ips: string[]): ServiceRules {
  const targets = ips.map((ip) => ({ ip, port: 80, local: ip.startsWith("10.") }));
  const ports = [80, 81].map((port) => ({ name: "", protocol: "tcp" as const, addresses: [], port, targets }));
  return { ports, ...(healthCheckPort !== undefined && { healthCheckPort }) };
}

it("counts the endpoints of this node, each once", async () => {
  const checks = new HealthChecks(silentLogger);
  const port = await freePort();
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    return { status: response.status, body: await response.json() };
  };
  const answer = (localEndpoints: number) => ({
    service: { namespace: "default", name: "web" },
    localEndpoints,
    serviceProxyHealthy: true,
  });
  checks.set("default/web", rules(port, "10.244.0.5", "192.0.2.5"));
  await vi.waitFor(async () => expect(await ask()).toEqual({ status: 200, body: answer(1) }));
  checks.set("default/web", rules(port, "192.0.2.5"));
  expect(await ask()).toEqual({ status: 503, body: answer(0) });
  checks.set("default/web", rules(undefined, "10.244.0.5"));
  await expect(ask()).rejects.toThrow();
  checks.stop();
});
