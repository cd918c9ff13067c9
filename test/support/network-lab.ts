/**
 * Real network namespaces to send traffic between: Pods are containers on the instance's Docker network, with a small server
 * started inside; another host is the namespace of a server behind a cable of its own. Containers and networks carry the lab's
 * name, by which the next lab removes what an interrupted run left; other hosts last no longer than the process that made them.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createConnection } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { bridgeName, networkName, podGatewayIpv6 } from "../../src/machinery/network-names.ts";
import { type ClusterSettings, instanceLabel } from "../../src/machinery/settings.ts";

const run = promisify(execFile);

/** Answers each TCP connection's request and each UDP packet with its name; `/hold` answers in two parts, on demand. */
const server = `
const [name, addresses, ...ports] = process.argv.slice(1);
const hosts = addresses.split(",");
const http = require("node:http"), net = require("node:net"), dgram = require("node:dgram");
let waiting = ports.length * hosts.length * 2 + 1;
const ready = () => { if (--waiting === 0) process.stdout.write("ready\\n"); };
for (const port of ports) {
  for (const host of hosts) {
    http.createServer((request, response) => {
      response.setHeader("x-client", request.socket.remoteAddress);
      response.end(name);
    }).listen({ port: Number(port), host, ipv6Only: true }, ready);
    const udp = dgram.createSocket(host === "::" ? { type: "udp6", ipv6Only: true } : { type: "udp4" });
    udp.on("message", (message, from) => udp.send(name + " " + message, from.port, from.address));
    udp.bind(Number(port), host, ready);
  }
}
// Says everything it has heard, once the client has ended its side.
net.createServer({ allowHalfOpen: true }, (socket) => {
  const heard = [];
  socket.on("data", (data) => heard.push(data));
  socket.on("end", () => socket.end(name + " heard " + Buffer.concat(heard).length));
  socket.on("error", () => {});
}).listen(7, "0.0.0.0", ready);
// Whoever started it has ended, however that came about.
process.stdin.on("end", () => process.exit()).resume();
`;

export interface Place {
  name: string;
  /** Its IPv4 address. */
  ip: string;
  /** Its other one, in a dual-stack lab. */
  ipv6?: string;
  /** Path of its network namespace. */
  namespace: string;
}

export interface Reply {
  /** The server's name; empty when there was no answer. */
  body: string;
  /** Address that the server saw. */
  client: string;
  /** curl's exit code: 0, 7 refused, 28 out of time. */
  code: number;
}

export class NetworkLab implements AsyncDisposable {
  readonly settings: ClusterSettings;
  readonly #containers: string[] = [];
  readonly #servers: ChildProcess[] = [];
  /** By network: one cable has its addresses. */
  readonly #cables = new Map<string, string>();

  constructor(settings: ClusterSettings) {
    this.settings = settings;
    removeLeftovers(settings);
    docker(
      "network",
      "create",
      "--subnet",
      settings.podCidr,
      ...(settings.ipv6
        ? ["--ipv6", "--subnet", settings.ipv6.podCidr, "--gateway", podGatewayIpv6(settings.ipv6)]
        : []),
      "--label",
      `${instanceLabel}=${settings.name}`,
      "--opt",
      `com.docker.network.bridge.name=${bridgeName(settings)}`,
      networkName(settings),
    ); // prettier-ignore
  }

  /** A container on the instance's network with a server on each port (HTTP and UDP), and on TCP port 7. */
  async pod(name: string, ports: readonly number[] = [8080]): Promise<Place> {
    const place = this.container(name, networkName(this.settings));
    await this.#serve(place, ["nsenter", `--net=${place.namespace}`], ports);
    return place;
  }

  /** A container on any Docker network, doing nothing. */
  container(name: string, network: string): Place {
    const id = docker(
      "run",
      "--detach",
      "--network",
      network,
      "--label",
      `${instanceLabel}=${this.settings.name}`,
      "busybox:latest",
      "sleep",
      "3600",
    ); // prettier-ignore
    this.#containers.push(id);
    const format = "{{.State.Pid}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}}{{end}}";
    const [pid = "", ip = "", ipv6 = ""] = docker("inspect", "--format", format, id).split(" ");
    return { name, ip, ...(ipv6 && { ipv6 }), namespace: `/proc/${pid}/ns/net` };
  }

  /** Another host on a cable to this one, with a server. Its network is TEST-NET-2 or what is given; the last to ask has it. */
  async otherHost(name: string, network = "198.51.100"): Promise<Place & { gateway: string; ipv6Gateway?: string }> {
    // Of Unique Local Addresses (RFC 4193) one that tells the network: fd51:198:51:100::/64.
    const ipv6 = `fd51:${network.replaceAll(".", ":")}::`;
    const addresses = { ip: `${network}.2`, ...(this.settings.ipv6 && { ipv6: `${ipv6}2` }) };
    const pid = await this.#serve({ name, ...addresses }, ["unshare", "--net"], [8080]);
    const place = { name, ...addresses, namespace: `/proc/${pid}/ns/net` };
    const ip = (...args: string[]): string => execFileSync("ip", args, { encoding: "utf8" });
    const ipThere = (...args: string[]) => inside(place, "ip", ...args);

    this.#unplug(network);
    const cable = `c${pid.toString(36)}`;
    ip("link", "add", cable, "type", "veth", "peer", "name", "uplink", "netns", String(pid));
    this.#cables.set(network, cable);
    ip("addr", "add", `${network}.1/24`, "dev", cable);
    ip("link", "set", cable, "up");
    await ipThere("addr", "add", `${network}.2/24`, "dev", "uplink");
    await ipThere("link", "set", "uplink", "up");
    await ipThere("link", "set", "lo", "up");
    await ipThere("route", "add", "default", "via", `${network}.1`);
    if (this.settings.ipv6) {
      ip("addr", "add", `${ipv6}1/64`, "dev", cable, "nodad");
      await ipThere("addr", "add", `${ipv6}2/64`, "dev", "uplink", "nodad");
      await ipThere("-6", "route", "add", "default", "via", `${ipv6}1`);
    }
    return { ...place, gateway: `${network}.1`, ...(this.settings.ipv6 && { ipv6Gateway: `${ipv6}1` }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const network of this.#cables.keys()) this.#unplug(network);
    for (const child of this.#servers) child.kill("SIGKILL");
    if (this.#containers.length > 0) docker("rm", "--force", ...this.#containers);
    docker("network", "rm", networkName(this.settings));
  }

  #unplug(network: string): void {
    const cable = this.#cables.get(network);
    if (cable !== undefined) execFileSync("ip", ["link", "del", cable]);
    this.#cables.delete(network);
  }

  /** Starts the server by way of a program that gives it its network. @returns its process id. */
  async #serve(
    place: Omit<Place, "namespace">,
    [program, ...options]: [string, string],
    ports: readonly number[],
  ): Promise<number> {
    const hosts = place.ipv6 === undefined ? "0.0.0.0" : "0.0.0.0,::";
    const args = [...options, process.execPath, "-e", server, place.name, hosts, ...ports.map(String)];
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#servers.push(child);
    await new Promise<void>((resolve, reject) => {
      child.stdout.once("data", () => resolve());
      child.once("exit", (code) => reject(new Error(`the server of ${place.name} ended with ${code}`)));
    });
    if (child.pid === undefined) throw new Error(`the server of ${place.name} has no process`);
    return child.pid;
  }
}

/** Runs a program on the host, or in a place's network. */
export function inside(place: Place | undefined, command: string, ...args: string[]) {
  return place ? run("nsenter", [`--net=${place.namespace}`, command, ...args]) : run(command, args);
}

/** What `code` of a {@link Reply} says: the exit code of curl. */
export const refused = 7;
export const outOfTime = 28;

/** Calls an address and port over HTTP, from the host or from a place. Never throws. */
export async function call(from: Place | undefined, address: string): Promise<Reply> {
  const args = [
    "--silent",
    "--noproxy",
    "*",
    "--max-time",
    "5",
    "--write-out",
    "\n%header{x-client}",
    "--globoff",
    `http://${address}/`,
  ];
  try {
    const { stdout } = await inside(from, "curl", ...args);
    const [body = "", client = ""] = stdout.split("\n");
    return { body, client, code: 0 };
  } catch (error) {
    return { body: "", client: "", code: Number((error as { code?: unknown }).code) };
  }
}

/**
 * A connection that stays open until it is disposed of, or whoever serves it ends, and who is at its other end.
 * @param client the address to call from.
 */
export async function holdConnection(
  host: string,
  port: number,
  client?: string,
): Promise<{ answeredBy: string } & AsyncDisposable> {
  const socket = createConnection({ host, port, ...(client && { localAddress: client }) });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const response = new Promise<string>((resolve, reject) => {
    let heard = "";
    socket.once("error", reject);
    socket.on("data", (data) => {
      heard += data.toString();
      const [head = "", body = ""] = heard.split("\r\n\r\n");
      if (body.length === Number(/^content-length: (\d+)/im.exec(head)?.[1])) resolve(body);
    });
  });
  socket.write("GET / HTTP/1.1\r\nHost: held\r\n\r\n");
  return {
    answeredBy: await response,
    [Symbol.asyncDispose]: () => {
      socket.destroy();
      return closed;
    },
  };
}

/** Names of those who answer when an address is called several times. */
export async function answerers(from: Place | undefined, address: string, calls = 30): Promise<Set<string>> {
  const names = new Set<string>();
  for (let i = 0; i < calls; i++) names.add((await call(from, address)).body);
  return names;
}

/** Waits for a condition to hold. @throws Error naming it after the limit. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await wait(10);
  }
}

/** What an interrupted run of the same lab left. */
function removeLeftovers(settings: ClusterSettings): void {
  const label = `label=${instanceLabel}=${settings.name}`;
  const containers = docker("ps", "--all", "--quiet", "--filter", label).split("\n").filter(Boolean);
  if (containers.length > 0) docker("rm", "--force", ...containers);
  const networks = docker("network", "ls", "--quiet", "--filter", label).split("\n").filter(Boolean);
  if (networks.length > 0) docker("network", "rm", ...networks);
}

function docker(...args: string[]): string {
  return execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}
