/**
 * `healthCheckNodePort`: tells a load balancer in front of the host whether the Service has endpoints here. Rule:
 * https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/#preserving-the-client-source-ip
 */
import { createServer, type Server } from "node:http";
import type { Logger } from "../machinery/log.ts";
import type { ServiceRules } from "./compile.ts";

interface Check {
  port: number;
  server: Server;
  localEndpoints: number;
}

export class HealthChecks {
  readonly #log: Logger;
  /** By Service key. */
  readonly #checks = new Map<string, Check>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Takes over the rules in force for a Service; undefined when there are none. */
  set(key: string, rules: ServiceRules | undefined): void {
    const present = this.#checks.get(key);
    const port = rules?.healthCheckPort;
    if (present && present.port !== port) {
      present.server.close();
      this.#checks.delete(key);
    }
    if (!rules || port === undefined) return;
    const local = rules.ports.flatMap(({ targets }) => targets.filter((target) => target.local));
    const localEndpoints = new Set(local.map(({ podUid, ip }) => podUid ?? ip)).size;
    const check = this.#checks.get(key);
    if (check) check.localEndpoints = localEndpoints;
    else this.#open(key, port, localEndpoints);
  }

  stop(): void {
    for (const { server } of this.#checks.values()) server.close();
    this.#checks.clear();
  }

  #open(key: string, port: number, localEndpoints: number): void {
    const [namespace, name] = key.split("/");
    const server = createServer((_, response) => {
      const count = check.localEndpoints;
      response.writeHead(count > 0 ? 200 : 503, {
        "Content-Type": "application/json",
        "X-Content-Type-Options": "nosniff",
        "X-Load-Balancing-Endpoint-Weight": String(count),
        Connection: "close",
      });
      response.end(
        `${JSON.stringify({ service: { namespace, name }, localEndpoints: count, serviceProxyHealthy: true })}\n`,
      );
    });
    const check: Check = { port, server, localEndpoints };
    server.on("error", (error) => this.#log.error({ err: error, service: key }, "cannot answer health checks"));
    server.listen(port);
    this.#checks.set(key, check);
  }
}
