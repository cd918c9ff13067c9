/** The proxy of either mode over objects that a test puts in, for {@link NetworkLab}. */
import { createSocket } from "node:dgram";
import { systemClock } from "../../src/machinery/clock.ts";
import { silentLogger } from "../../src/machinery/log.ts";
import { endpointSlices, services } from "../../src/machinery/resource.ts";
import type { ClusterSettings, ProxyMode } from "../../src/machinery/settings.ts";
import type { Endpoint, ServicePort } from "../../src/machinery/types.ts";
import { cleanUpProxy, ServiceProxy } from "../../src/proxy/index.ts";
import { eventually, type Place } from "./network-lab.ts";
import { ObjectFeed } from "./object-feed.ts";

export function settingsOf(name: string, octet: number, proxyMode: ProxyMode): ClusterSettings {
  return {
    name,
    dataDir: "/nonexistent",
    nodeName: "node",
    nodeAddress: "127.0.0.1",
    apiPort: 6443,
    podCidr: `10.${octet}.0.0/24`,
    serviceCidr: `10.${octet}.128.0/18`,
    nodePortRange: { from: 30_000, to: 32_767 },
    clusterDomain: "cluster.local",
    proxyMode,
  };
}

/** A running proxy with the objects it sees. */
export class ProxyCluster implements AsyncDisposable {
  readonly feed = new ObjectFeed();
  readonly #settings: ClusterSettings;
  proxy: ServiceProxy;

  private constructor(settings: ClusterSettings) {
    this.#settings = settings;
    this.proxy = new ServiceProxy({ client: this.feed, settings, clock: systemClock, log: silentLogger });
  }

  static async start(settings: ClusterSettings): Promise<ProxyCluster> {
    const cluster = new ProxyCluster(settings);
    await cluster.proxy.prepareHost();
    await cluster.proxy.start();
    return cluster;
  }

  /** A new proxy, as after a restart of the daemon; {@link proxy} must have been stopped. */
  async startAgain(): Promise<void> {
    this.proxy = new ServiceProxy({
      client: this.feed,
      settings: this.#settings,
      clock: systemClock,
      log: silentLogger,
    });
    await this.proxy.prepareHost();
    await this.proxy.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.stop();
    await cleanUpProxy(this.#settings);
  }

  /** A Service that userspace mode spreads so. */
  scheduled(name: string, clusterIP: string, port: number, annotations: Record<string, string>): void {
    this.feed.put(services, {
      metadata: { name, annotations },
      spec: { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP], ports: [{ port }] },
    });
  }

  /** A Service of both families, or of those of its addresses. */
  families(name: string, clusterIPs: string[], ports: ServicePort[], more: object = {}, balanced: string[] = []): void {
    const [clusterIP = ""] = clusterIPs;
    this.service(name, clusterIP, ports, { clusterIPs, ...more }, balanced);
  }

  /** @param balanced addresses that its load balancer has. */
  service(name: string, clusterIP: string, ports: ServicePort[], more: object = {}, balanced: string[] = []): void {
    this.feed.put(services, {
      metadata: { name },
      spec: { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP], ports, ...more },
      status: { loadBalancer: { ingress: balanced.map((ip) => ({ ip, ipMode: "VIP" })) } },
    });
  }

  /** One slice of the Service. A place is a ready endpoint; an endpoint is taken as it is. */
  endpoints(
    service: string,
    places: readonly (Place | Endpoint)[],
    port = 8080,
    options: { slice?: string; portName?: string; protocol?: string } = {},
  ): void {
    this.feed.put(endpointSlices, {
      metadata: { name: options.slice ?? `${service}-1`, labels: { "kubernetes.io/service-name": service } },
      addressType: "IPv4",
      ports: [{ port, name: options.portName ?? "", protocol: options.protocol ?? "TCP" }],
      endpoints: places.map((place) => ("ip" in place ? endpointOf(place) : place)),
    });
  }

  /** The same in a slice of the other family: the places' IPv6 addresses. */
  ipv6Endpoints(service: string, places: readonly Place[], port = 8080, protocol = "TCP"): void {
    const endpoints = places.map((place) => endpointOf(place, { ready: true }, place.ipv6));
    this.ipv6Slice(service, endpoints, port, protocol);
  }

  ipv6Slice(service: string, endpoints: Endpoint[], port = 8080, protocol = "TCP"): void {
    this.feed.put(endpointSlices, {
      metadata: { name: `${service}-6`, labels: { "kubernetes.io/service-name": service } },
      addressType: "IPv6",
      ports: [{ port, name: "", protocol }],
      endpoints,
    });
  }

  /** Waits until exactly these Pods are in force for the Service. */
  async inForce(service: string, places: readonly Place[]): Promise<void> {
    const expected = places
      .map((place) => place.name)
      .sort()
      .join();
    await eventually(`${service} reaches ${expected || "nobody"}`, () => {
      return [...(this.proxy.podsInForce("default", service) ?? ["unknown"])].sort().join() === expected;
    });
  }
}

export function endpointOf(
  place: Place,
  conditions: Endpoint["conditions"] = { ready: true },
  address = place.ip,
): Endpoint {
  const targetRef = { kind: "Pod", namespace: "default", name: place.name, uid: place.name };
  return { addresses: [address], conditions, targetRef };
}

/** A UDP client that keeps its port, so that the kernel sees one flow. */
export async function udpClient(type: "udp4" | "udp6" = "udp4") {
  const socket = createSocket(type);
  await new Promise<void>((resolve) => socket.bind(0, resolve));
  return {
    /** Sends without waiting for an answer. */
    knock: (address: string, port: number): void => socket.send("hello", port, address),
    async ask(address: string, port: number): Promise<string> {
      let answer = "";
      const heard = (message: Buffer): void => void (answer = message.toString());
      socket.on("message", heard);
      socket.send("hello", port, address);
      await eventually(`${address}:${port} answers`, () => answer !== "", 2_000);
      socket.off("message", heard);
      return answer;
    },
    [Symbol.dispose]: () => void socket.close(),
  };
}
