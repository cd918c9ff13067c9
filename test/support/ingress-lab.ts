/**
 * The Ingress controller in-process, on free ports, before backends that are servers of this process.
 *
 *     await using lab = await IngressLab.start();
 *     const tea = await lab.backend("tea");
 *     await lab.ingress("cafe", { rules: … });
 *     await lab.get("cafe.example.com", "/tea");
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type RequestListener, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { selfSigned } from "../../src/apiserver/certificates.ts";
import { IngressController, IngressPorts } from "../../src/ingress/index.ts";
import { kinds } from "../../src/kinds/index.ts";
import { systemClock } from "../../src/machinery/clock.ts";
import { ingressController } from "../../src/machinery/ingress-class.ts";
import { silentLogger } from "../../src/machinery/log.ts";
import { endpointSlices, ingressClasses, ingresses, secrets, services } from "../../src/machinery/resource.ts";
import type { Traffic } from "../../src/machinery/traffic.ts";
import type { Ingress } from "../../src/machinery/types.ts";
import { startApi, type TestApi } from "./api.ts";
import { exec } from "./host.ts";

/** An address of this host that is not loopback, which no endpoint may have. */
const hostAddress =
  Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === "IPv4" && !address.internal)?.address ?? "127.0.0.1";

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

export class IngressLab implements AsyncDisposable {
  readonly api: TestApi;
  readonly ports: IngressPorts;
  /** `[reason, message]` of Events that were recorded. */
  readonly events: [reason: string, message: string][] = [];
  readonly accessLog: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "skiff-ingress-"));
  readonly #controller: IngressController;
  readonly #servers: Server[] = [];

  private constructor(api: TestApi, ports: IngressPorts) {
    this.api = api;
    this.ports = ports;
    this.accessLog = join(this.#directory, "ingress.log");
    this.#controller = new IngressController({
      client: api.client,
      events: { record: (_, _type, reason, message) => void this.events.push([reason, message]) },
      clock: systemClock,
      log: silentLogger,
      ports,
      nodeAddress: "192.0.2.1",
      accessLog: this.accessLog,
      selfSigned: (host) => selfSigned(host, Date.now()),
    });
  }

  static async start(): Promise<IngressLab> {
    const api = await startApi(kinds);
    const lab = new IngressLab(api, await IngressPorts.open([0, 0], []));
    await api.client.create(ingressClasses, { metadata: { name: "skiff" }, spec: { controller: ingressController } });
    lab.#controller.start();
    return lab;
  }

  /** What it tells the kubelet. */
  get traffic(): Traffic {
    return this.#controller.traffic;
  }

  /** A Service, port 80, with as many endpoints as there are listeners. */
  async backend(name: string, ...listeners: RequestListener[]): Promise<Server[]> {
    const answer: RequestListener = (_, response) => void response.end(name);
    const all = listeners.length > 0 ? listeners : [answer];
    const servers = await Promise.all(all.map((listener) => listenOn(createServer(listener))));
    this.#servers.push(...servers);
    const ports = servers.map((server) => (server.address() as AddressInfo).port);
    await this.service(name, ports);
    return servers;
  }

  /** @param ports of this host, each an endpoint. */
  async service(name: string, ports: readonly number[], more: object = {}): Promise<void> {
    const metadata = { name, namespace: "default" };
    await this.api.client.create(services, { metadata, spec: { ports: [{ name: "http", port: 80, ...more }] } });
    // Endpoints of one slice share their ports.
    await Promise.all(
      ports.map((port) =>
        this.api.client.create(endpointSlices, {
          metadata: { ...metadata, name: `${name}-${port}`, labels: { "kubernetes.io/service-name": name } },
          addressType: "IPv4",
          ports: [{ name: "http", port, protocol: "TCP" }],
          endpoints: [{ addresses: [hostAddress], conditions: { ready: true } }],
        }),
      ),
    );
  }

  async ingress(name: string, spec: Ingress["spec"], annotations: Record<string, string> = {}): Promise<void> {
    const prefixed = Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]);
    await this.api.client.create(ingresses, {
      metadata: { name, namespace: "default", annotations: Object.fromEntries(prefixed) as Record<string, string> },
      spec: { ingressClassName: "skiff", ...spec },
    });
    await nextTurn();
  }

  async secret(name: string, data: Record<string, string>, type = "Opaque"): Promise<void> {
    const metadata = { name, namespace: "default" };
    const present = this.api.client.get(secrets, metadata);
    const object = { metadata, type, stringData: data };
    await (present ? this.api.client.update(secrets, object) : this.api.client.create(secrets, object));
    await nextTurn();
  }

  /** Resolves when the controller has looked at what has changed. */
  settled(): Promise<void> {
    return nextTurn();
  }

  get(host: string, path: string, asked: Asked = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { method = "GET", headers = {}, body } = asked;
      const options = { host: "127.0.0.1", port: this.ports.http, path, method, agent: false as const };
      const sent = request({ ...options, headers: { host, ...headers } }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /** Real curl: for TLS and HTTP/2. Standard output. */
  async curl(...args: string[]): Promise<string> {
    const both = ["--silent", "--show-error", "--noproxy", "*", "--max-time", "5"];
    return exec("curl", ...both, ...args);
  }

  /** Lines of the access log, once the controller has stopped. */
  async stopAndReadLog(): Promise<string[]> {
    await this.#controller.stop();
    return readFileSync(this.accessLog, "utf8").trimEnd().split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#controller.stop();
    await Promise.all(
      this.#servers.map((server) => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      }),
    );
    await this.api[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Rules for one host: each path leads to the Service of its name. */
export function rulesFor(host: string | undefined, paths: Record<string, string>, pathType = "Prefix") {
  const http = {
    paths: Object.entries(paths).map(([path, name]) => ({
      path,
      pathType,
      backend: { service: { name, port: { number: 80 } } },
    })),
  };
  return [{ ...(host && { host }), http }];
}

/** A certificate with its key for the host, in PEM. */
export function certificateFor(host: string): { "tls.crt": string; "tls.key": string } {
  const { certificate, key } = selfSigned(host, Date.now());
  return { "tls.crt": certificate, "tls.key": key };
}

/** As `openssl` makes it for everybody's first Ingress. */
export async function rsaCertificateFor(host: string): Promise<{ "tls.crt": string; "tls.key": string }> {
  const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", "-", "-out", "-"];
  const pem = await exec("openssl", ...made, ...subject);
  const at = pem.indexOf("-----BEGIN CERTIFICATE-----");
  return { "tls.crt": `${pem.slice(at)}\n`, "tls.key": pem.slice(0, at) };
}

/** The controller looks at changes together, one turn later. */
async function nextTurn(): Promise<void> {
  await turn();
  await turn();
}

function listenOn(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, "0.0.0.0", () => resolve(server)));
}
