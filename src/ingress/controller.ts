/**
 * The embedded Ingress controller: watches Ingresses and what they lead to, serves them, and says on each where it is reached.
 * Rule: https://kubernetes.io/docs/concepts/services-networking/ingress-controllers/
 */
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type Client, modify } from "../machinery/client.ts";
import type { Clock } from "../machinery/clock.ts";
import type { EventRecorder } from "../machinery/event-recorder.ts";
import { readIngressAnnotations } from "../machinery/ingress-annotations.ts";
import type { Logger } from "../machinery/log.ts";
import { keyOf, parseKey, type Stored } from "../machinery/object.ts";
import { ingressClasses, ingresses, secrets } from "../machinery/resource.ts";
import { ServiceSlices } from "../machinery/service-slices.ts";
import type { Traffic } from "../machinery/traffic.ts";
import type { Ingress, Secret } from "../machinery/types.ts";
import { AccessLog } from "./access-log.ts";
import { Backends } from "./backends.ts";
import { Certificates, type KeyPair } from "./certificates.ts";
import { isServedHere } from "./classes.ts";
import { webPortOf } from "./endpoints.ts";
import type { Gateway, LogEntry } from "./gateway.ts";
import { HeadlessTraffic } from "./headless-traffic.ts";
import { Listener } from "./listener.ts";
import { findRoute } from "./match.ts";
import type { IngressPorts } from "./ports.ts";
import { compileRoutes, type Problem, type Route, type RoutingTable } from "./routes.ts";

export interface IngressOptions {
  client: Client;
  events: EventRecorder;
  clock: Clock;
  log: Logger;
  ports: IngressPorts;
  /** What is written to the status of Ingresses. */
  nodeAddress: string;
  accessLog: string;
  /** A certificate for the host, trusted by nobody. */
  selfSigned(host: string): KeyPair;
}

const localSuffix = ".localhost";
const { options: noAnnotations } = readIngressAnnotations(undefined);

export class IngressController implements Gateway {
  readonly #options: IngressOptions;
  readonly #slices: ServiceSlices;
  readonly #certificates: Certificates;
  readonly #listener: Listener;
  readonly #accessLog: AccessLog;
  readonly #watches: Disposable[] = [];
  readonly backends: Backends;
  readonly #headless: HeadlessTraffic;
  /** Ingresses served here, by key. */
  readonly #served = new Map<string, Stored<Ingress>>();
  /** Secrets that the table was made from, whether they are there or not. */
  #secretsUsed = new Set<string>();
  #table: RoutingTable;
  #dirty = false;
  #reported = new Set<string>();
  readonly #idPrefix = randomBytes(10).toString("hex");
  #requests = 0;
  #writing: Promise<void> | undefined;
  #stopped = false;

  constructor(options: IngressOptions) {
    this.#options = options;
    const secretOf = (key: string) => this.#secretOf(key);
    this.#table = compileRoutes([], secretOf).table;
    this.#certificates = new Certificates(secretOf, (host) => options.selfSigned(host));
    this.#listener = new Listener(this, this.#certificates);
    this.#accessLog = new AccessLog(options.accessLog, options.clock);
    const atFirst: string[] = [];
    let changed = (key: string): void => void atFirst.push(key);
    const slices = new ServiceSlices(options.client, (key) => changed(key));
    this.#slices = slices;
    this.backends = new Backends(slices);
    this.#headless = new HeadlessTraffic((key) => this.#table.services.has(key) || this.backends.has(key));
    changed = (key) => {
      this.backends.changed(key);
      this.#headless.changed(key, slices);
    };
    for (const key of atFirst) changed(key);
  }

  /** Of headless Services that Ingresses lead to. */
  get traffic(): Traffic {
    return this.#headless;
  }

  get httpsPort(): number {
    return this.#options.ports.https;
  }

  /** Reads everything there is, then serves. */
  start(): void {
    const { client, ports } = this.#options;
    this.#watches.push(
      client.watch(ingresses, () => this.#changed()),
      client.watch(ingressClasses, () => this.#changed()),
      client.watch(secrets, ({ object }) => {
        if (this.#secretsUsed.has(keyOf(object))) this.#changed();
      }),
    );
    this.#compile();
    this.#listener.serve(ports);
  }

  /** The ports are free when it resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#options.ports.close();
    for (const watch of this.#watches) watch[Symbol.dispose]();
    await this.#listener.stop(this.#options.clock);
    this.#slices[Symbol.dispose]();
    this.backends.stop();
    await this.#writing;
    await this.#accessLog.flush();
  }

  route(host: string, path: string, isLocal: boolean): Route | undefined {
    if (isLocal && host.endsWith(localSuffix) && !this.#table.hosts.has(host)) {
      const route = this.#serviceRoute(host);
      if (route) return route;
    }
    return findRoute(this.#table, host, path);
  }

  requestId(): string {
    return this.#idPrefix + (++this.#requests).toString(16).padStart(12, "0");
  }

  now(): number {
    return this.#options.clock.now();
  }

  log(entry: LogEntry): void {
    this.#accessLog.write(entry);
  }

  /** `web.default.localhost`: every Service, without an Ingress, for those who are on this host anyway. */
  #serviceRoute(host: string): Route | undefined {
    const [name, namespace, ...more] = host.slice(0, -localSuffix.length).split(".");
    if (!name || !namespace || more.length > 0) return undefined;
    const key = `${namespace}/${name}`;
    const service = this.#slices.service(key);
    const port = service && webPortOf(service);
    if (port === undefined) return undefined;
    return { owner: key, backend: { service: key, port }, path: "/", options: noAnnotations, toHttps: false };
  }

  #secretOf(key: string): Stored<Secret> | undefined {
    this.#secretsUsed.add(key);
    return this.#options.client.get(secrets, parseKey(key));
  }

  /** What belongs together arrives in one turn. */
  #changed(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    setImmediate(() => {
      if (!this.#stopped) this.#compile();
    });
  }

  #compile(): void {
    this.#dirty = false;
    const { client, log } = this.#options;
    const served = client.list(ingresses).filter((ingress) => isServedHere(ingress, client));
    const left = [...this.#served.values()];
    this.#served.clear();
    for (const ingress of served) this.#served.set(keyOf(ingress), ingress);
    this.#secretsUsed = new Set();
    const { table, problems } = compileRoutes(served, (key) => this.#secretOf(key));
    this.#table = table;
    this.#certificates.use(table.certificates);
    this.#listener.setDefault(this.#certificates.defaultPair());
    this.#report([...problems, ...this.#certificateProblems(served)]);
    const gone = left.filter((ingress) => !this.#served.has(keyOf(ingress)));
    this.#writing = (this.#writing ?? Promise.resolve())
      .then(() => this.#writeStatus(served, gone))
      .catch((error: unknown) => log.error({ err: error }, "the status of Ingresses was not written"));
  }

  #certificateProblems(served: readonly Stored<Ingress>[]): Problem[] {
    return served.flatMap((ingress) =>
      (ingress.spec?.tls ?? []).flatMap(({ secretName }) => {
        const message = secretName && this.#certificates.problemOf(`${ingress.metadata.namespace}/${secretName}`);
        return message ? [{ ingress, reason: "BadCertificate", message }] : [];
      }),
    );
  }

  /** Each problem is told once, and again when it has come back. */
  #report(problems: readonly Problem[]): void {
    const keys = new Set<string>();
    for (const { ingress, reason, message } of problems) {
      const key = `${ingress.metadata.uid} ${reason} ${message}`;
      if (!this.#reported.has(key) && !keys.has(key)) this.#options.events.record(ingress, "Warning", reason, message);
      keys.add(key);
    }
    this.#reported = keys;
  }

  async #writeStatus(served: readonly Stored<Ingress>[], gone: readonly Stored<Ingress>[]): Promise<void> {
    const { client, nodeAddress, ports } = this.#options;
    const numbers = [
      [ports.http, 80],
      [ports.https, 443],
    ];
    // Where clients would look anyway they need not be told.
    const unusual = numbers.some(([port, usual]) => port !== usual);
    const address = {
      ip: nodeAddress,
      ...(unusual && { ports: numbers.map(([port = 0]) => ({ port, protocol: "TCP" })) }),
    };
    const write = (ingress: Stored<Ingress>, loadBalancer: object): Promise<unknown> | undefined => {
      if (isDeepStrictEqual(ingress.status?.loadBalancer ?? {}, loadBalancer)) return undefined;
      const key = { namespace: ingress.metadata.namespace ?? "", name: ingress.metadata.name };
      return modify(
        client,
        ingresses,
        key,
        (draft) => {
          draft.status = { loadBalancer };
        },
        { subresource: "status" },
      );
    };
    await Promise.all([
      ...served.map((ingress) => write(ingress, { ingress: [address] })),
      ...gone.map((ingress) => write(ingress, {})),
    ]);
  }
}
