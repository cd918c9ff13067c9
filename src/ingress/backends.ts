/** The endpoints of the Services that Ingresses lead to, each with its connections, in turn. */
import type { ServiceSlices } from "../machinery/service-slices.ts";
import { type ServiceTargets, targetsOf } from "./endpoints.ts";
import { Http2Upstream } from "./http2/upstream.ts";
import type { Backend } from "./routes.ts";
import { Upstream } from "./upstream.ts";

type Protocol = "HTTP" | "HTTPS" | "GRPC" | "GRPCS";

/** Addresses of one port of a Service, spoken to in one way. */
export class BackendState {
  readonly isHttp2: boolean;
  readonly #secure: boolean;
  #upstreams: Upstream[] = [];
  #http2: Http2Upstream[] = [];
  #turn = 0;

  constructor(protocol: Protocol, found: ServiceTargets) {
    this.isHttp2 = protocol.startsWith("GRPC") || found.appProtocol === "kubernetes.io/h2c";
    this.#secure = protocol.endsWith("S") || found.appProtocol === "https";
    this.update(found);
  }

  get size(): number {
    return this.isHttp2 ? this.#http2.length : this.#upstreams.length;
  }

  /** Position of the endpoint whose turn it is. */
  next(): number {
    this.#turn = (this.#turn + 1) % Math.max(1, this.size);
    return this.#turn;
  }

  upstream(position: number): Upstream | undefined {
    return this.#upstreams[position];
  }

  http2(position: number): Http2Upstream | undefined {
    return this.#http2[position];
  }

  /** `10.244.0.5:80` */
  nameOf(position: number): string {
    const target = (this.isHttp2 ? this.#http2 : this.#upstreams)[position]?.target;
    return target ? `${target.host}:${target.port}` : "-";
  }

  positionOf(matches: (name: string) => boolean): number | undefined {
    for (let position = 0; position < this.size; position++) if (matches(this.nameOf(position))) return position;
    return undefined;
  }

  update({ targets }: ServiceTargets): void {
    if (this.isHttp2) {
      this.#http2 = renew(this.#http2, targets, (target) => new Http2Upstream(target, this.#secure));
    } else this.#upstreams = renew(this.#upstreams, targets, (target) => new Upstream(target, this.#secure));
  }

  retire(): void {
    this.update({ targets: [] });
  }
}

interface Retirable {
  target: ServiceTargets["targets"][number];
  retire(): void;
}

/** Keeps those that are still wanted, with their connections. */
function renew<U extends Retirable>(
  present: readonly U[],
  targets: ServiceTargets["targets"],
  make: (target: ServiceTargets["targets"][number]) => U,
): U[] {
  const known = new Map(present.map((upstream) => [`${upstream.target.host} ${upstream.target.port}`, upstream]));
  const next = targets.map((target) => {
    const key = `${target.host} ${target.port}`;
    const upstream = known.get(key);
    known.delete(key);
    return upstream ?? make(target);
  });
  for (const upstream of known.values()) upstream.retire();
  return next;
}

export class Backends {
  readonly #slices: Pick<ServiceSlices, "service" | "slices">;
  /** By Service, then by port and protocol. */
  readonly #states = new Map<string, Map<string, BackendState>>();

  constructor(slices: Pick<ServiceSlices, "service" | "slices">) {
    this.#slices = slices;
  }

  /** @returns undefined when there is no such Service, or no such port of it. */
  get({ service, port }: Backend, protocol: Protocol): BackendState | undefined {
    const key = `${port} ${typeof port} ${protocol}`;
    const known = this.#states.get(service)?.get(key);
    if (known) return known;
    const found = this.#find(service, port);
    if (!found) return undefined;
    const state = new BackendState(protocol, found);
    const states = this.#states.get(service) ?? new Map<string, BackendState>();
    states.set(key, state);
    this.#states.set(service, states);
    return state;
  }

  /** Whether requests have come for the Service. */
  has(service: string): boolean {
    return this.#states.has(service);
  }

  /** The Service or its endpoints are not what they were. What is no endpoint any more gets nothing from now on. */
  changed(service: string): void {
    const states = this.#states.get(service);
    for (const [key, state] of states ?? []) {
      const [port = "", type, protocol] = key.split(" ");
      const found = this.#find(service, type === "number" ? Number(port) : port);
      const same = found && new BackendState(protocol as Protocol, { ...found, targets: [] }).isHttp2 === state.isHttp2;
      if (same) state.update(found);
      else {
        state.retire();
        states?.delete(key);
      }
    }
    if (states?.size === 0) this.#states.delete(service);
  }

  stop(): void {
    for (const states of this.#states.values()) for (const state of states.values()) state.retire();
    this.#states.clear();
  }

  #find(key: string, port: number | string): ServiceTargets | undefined {
    const service = this.#slices.service(key);
    return service && targetsOf(service, this.#slices.slices(key), port);
  }
}
