/** exec, attach, log and port-forward as real clients use them. */
import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { Exec, KubeConfig, PortForward } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { bundledClient } from "../../scripts/kubectl.mjs";
import { type StreamsServer, startStreamsServer } from "../support/streams-server.ts";

const kubectl = bundledClient("kubectl") ?? "kubectl";
/** The same kubectl speaks WebSocket, and, with its feature gate off, SPDY/3.1 as those before 1.30 do. */
const protocols: [string, Record<string, string>][] = [
  ["websocket", {}],
  ["SPDY/3.1", { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" }],
];

let server: StreamsServer;
beforeAll(async () => {
  server = await startStreamsServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

interface Result {
  code: number;
  stdout: Buffer;
  stderr: string;
}

function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: server.directory,
    KUBECONFIG: join(server.directory, "kubeconfig"),
    ...extra,
  };
}

function run(args: string[], extra: Record<string, string> = {}, input: Buffer | string = ""): Promise<Result> {
  return new Promise((resolve) => {
    const options = { env: environment(extra), encoding: "buffer", maxBuffer: 2 ** 30 } as const;
    const child = execFile(kubectl, args, options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr: stderr.toString() });
    });
    // A command that reads no input closes the pipe.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

const exec = (...command: string[]) => ["exec", "web", "--", ...command];
const execWithInput = (...command: string[]) => ["exec", "-i", "web", "--", ...command];

describe.each(protocols)("kubectl over %s", (protocol, extra) => {
  beforeEach(() => {
    server.upgrades.length = 0;
  });
  afterEach(() => {
    expect(new Set(server.upgrades)).toEqual(new Set([protocol]));
  });

  test("exec keeps stdout and stderr apart and hands the exit code on", async () => {
    const { code, stdout, stderr } = await run(exec("sh", "-c", "echo out; echo err >&2; exit 3"), extra);
    expect(stdout.toString()).toBe("out\n");
    expect(stderr).toBe("err\ncommand terminated with exit code 3\n");
    expect(code).toBe(3);
  });

  test("exec -i ends the command's input with its own", async () => {
    expect(await run(execWithInput("cat"), extra, "hello")).toMatchObject({ code: 0, stdout: Buffer.from("hello") });
  });

  test("20 MB go in and come out unchanged", async () => {
    const bytes = randomBytes(20_000_000);
    const { stdout } = await run(execWithInput("cat"), extra, bytes);
    expect(createHash("sha256").update(stdout).digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  test("a command that stops reading ends all the same", async () => {
    const { code, stdout } = await run(execWithInput("head", "-c", "3"), extra, Buffer.alloc(5_000_000, "y"));
    expect(stdout.toString()).toBe("yyy");
    expect(code).toBe(0);
  });

  test("exec -t gives the command a terminal and tells its size", async () => {
    const already = server.streams.sizes.length;
    const command = `stty cols 101 rows 31; exec ${kubectl} exec -it web -- 'tty >/dev/null && echo terminal; sleep 0.2'`;
    const child = spawn("script", ["-qec", command, "/dev/null"], { env: environment(extra) });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    await once(child, "close");
    expect(output).toContain("terminal\r\n");
    expect(server.streams.sizes.slice(already)).toContainEqual({ columns: 101, rows: 31 });
  });

  test("the command is told when the client goes away", async () => {
    const child = spawn(kubectl, exec("sh", "-c", "echo ready; exec sleep 1000"), { env: environment(extra) });
    await once(child.stdout, "data");
    expect(server.streams.children.size).toBe(1);
    child.kill("SIGKILL");
    await vi.waitUntil(() => server.streams.children.size === 0, { timeout: 10_000 });
  });

  test("cp carries files both ways", async () => {
    const directory = mkdtempSync(join(server.directory, "cp-"));
    const [from, there, back] = [join(directory, "from"), join(directory, "there"), join(directory, "back")];
    mkdirSync(join(from, "deep"), { recursive: true });
    const bytes = randomBytes(3_000_000);
    writeFileSync(join(from, "deep/file"), bytes);
    expect((await run(["cp", from, `web:${there}`], extra)).code).toBe(0);
    expect((await run(["cp", `web:${there}`, back], extra)).code).toBe(0);
    expect(readFileSync(join(back, "deep/file")).equals(bytes)).toBe(true);
  });

  test("attach speaks with the process", async () => {
    const { stdout } = await run(["attach", "-i", "web"], extra, "world\n");
    expect(stdout.toString()).toBe("you said world\n");
  });

  test("port-forward carries many connections at once, and half-closed ones", async () => {
    await using web = await listen(createServer((request, response) => response.end(`path ${request.url}`)));
    // Answers only when the client has said that it sends no more.
    const halfOpen = createTcpServer({ allowHalfOpen: true }, (socket) => {
      let size = 0;
      socket.on("data", (chunk) => {
        size += chunk.length;
      });
      socket.on("end", () => socket.end(`got ${size}`));
    });
    await using counter = await listen(halfOpen);
    await using forward = await startForward([web.port, counter.port], extra);
    const [webPort = 0, counterPort = 0] = forward.ports;
    const paths = Array.from({ length: 60 }, (_, index) => `/${index}`);
    const answers = await Promise.all(
      paths.map(async (path) => await (await fetch(`http://127.0.0.1:${webPort}${path}`)).text()),
    );
    expect(answers).toEqual(paths.map((path) => `path ${path}`));
    const socket = connect({ port: counterPort, host: "127.0.0.1", allowHalfOpen: true });
    socket.end(Buffer.alloc(2_000_000));
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toBe("got 2000000");
  });

  test("port-forward tells why a port cannot be reached", async () => {
    const { port } = await closedPort();
    await using forward = await startForward([port], extra);
    const socket = connect({ port: forward.ports[0] ?? 0, host: "127.0.0.1" });
    socket.on("error", () => {});
    socket.resume();
    await once(socket, "close");
    await vi.waitUntil(() => forward.errors().includes("lost connection to pod"), { timeout: 10_000 });
    expect(forward.errors()).toContain(
      `error forwarding port ${port} to pod web, uid 7b3c: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
  });
});

// kubectl tries SPDY/3.1 after a WebSocket that was refused.
describe.each(protocols)("kubectl over %s, refused", (_protocol, extra) => {
  test("what prevents a command is told as a Status", async () => {
    const absent = await run(exec("absent"), extra);
    expect(absent.stderr).toContain('Internal error occurred: exec: "absent": executable file not found');
    expect(absent.code).toBe(1);
    const wrong = await run(["exec", "web", "-c", "nope", "--", "ls"], extra);
    expect(wrong.stderr).toContain("container nope is not valid for pod web");
  });
});

describe("kubectl logs", () => {
  test("prints what there is, and asks for what it was told to", async () => {
    const { stdout } = await run([
      "logs",
      "web",
      "--tail=5",
      "--timestamps",
      "--previous",
      "--since=1h",
      "--limit-bytes=99",
    ]);
    expect(stdout.toString()).toBe("first\nsecond\n");
    expect(server.streams.lastLog).toEqual({
      container: "app",
      follow: false,
      previous: true,
      timestamps: true,
      tailLines: 5,
      sinceSeconds: 3600,
      limitBytes: 99,
    });
  });

  test("follows until the client goes away", async () => {
    const child = spawn(kubectl, ["logs", "-f", "web"], { env: environment({}) });
    const [chunk] = await once(child.stdout, "data");
    expect(String(chunk)).toBe("first\n");
    child.kill("SIGKILL");
    await vi.waitUntil(() => server.streams.children.size === 0, { timeout: 10_000 });
  });

  test("a Pod that waits for a node has an empty log, and nobody enters it", async () => {
    expect(await run(["logs", "pending"])).toEqual({ code: 0, stdout: Buffer.from(""), stderr: "" });
    const { code, stderr } = await run(["exec", "pending", "--", "ls"]);
    expect(stderr).toContain("pod pending does not have a host assigned");
    expect(code).toBe(1);
  });

  test("a container that does not exist is a bad request", async () => {
    const { code, stderr } = await run(["logs", "web", "-c", "nope"]);
    expect(stderr).toBe("error: container nope is not valid for pod web\n");
    expect(code).toBe(1);
  });
});

describe("other clients", () => {
  function config(): KubeConfig {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(join(server.directory, "kubeconfig"));
    return kubeConfig;
  }

  test("@kubernetes/client-node runs a command", async () => {
    const output = new PassThrough();
    const status = await new Promise((resolve, reject) => {
      new Exec(config())
        .exec("default", "web", "app", ["sh", "-c", "echo out; exit 4"], output, null, null, false, resolve)
        .catch(reject);
    });
    expect(status).toMatchObject({ status: "Failure", reason: "NonZeroExitCode" });
    expect(output.read().toString()).toBe("out\n");
  });

  test("@kubernetes/client-node forwards a port", async () => {
    await using web = await listen(createServer((_request, response) => response.end("over channels")));
    let answer = "";
    const output = new Writable({
      write(chunk, _encoding, done) {
        answer += String(chunk);
        done();
      },
    });
    const input = new PassThrough();
    const socket = await new PortForward(config()).portForward("default", "web", [web.port], output, null, input);
    input.write("GET / HTTP/1.0\r\n\r\n");
    await vi.waitUntil(() => answer.includes("over channels"), { timeout: 10_000 });
    if ("close" in socket) socket.close();
  });

  test.each([
    ["base64.channel.k8s.io", "command terminated with non-zero exit code"],
    ["v4.base64.channel.k8s.io", '"reason":"NonZeroExitCode"'],
  ])("a browser speaks %s", async (protocol, outcome) => {
    const url = `${server.url.replace("https", "wss")}/api/v1/namespaces/default/pods/web/exec`;
    const query = "?command=sh&command=-c&command=read+x;echo+$x;exit+2&stdin=1&stdout=1&stderr=1";
    const socket = new WebSocket(url + query, protocol, { rejectUnauthorized: false });
    const messages: string[] = [];
    socket.on("message", (data: Buffer) => messages.push(data.toString("latin1")));
    await once(socket, "open");
    socket.send(`0${Buffer.from("hello\n").toString("base64")}`);
    await once(socket, "close");
    const text = (channel: string) =>
      messages
        .filter((message) => message.startsWith(channel))
        .map((message) => Buffer.from(message.slice(1), "base64").toString())
        .join("");
    expect(text("1")).toBe("hello\n");
    expect(text("3")).toContain(outcome);
  });

  test.each([
    ["no upgrade", {}, 400, "Upgrade request required"],
    ["an upgrade to something else", { connection: "Upgrade", upgrade: "h2c" }, 400, "Upgrade request required"],
    [
      "a protocol of tomorrow",
      { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": "v9.channel.k8s.io" },
      403,
      "unable to negotiate protocol: client supports [v9.channel.k8s.io]",
    ],
  ])("%s is refused with a Status", async (_name, headers, code, message) => {
    const { request } = await import("node:https");
    const url = `${server.url}/api/v1/namespaces/default/pods/web/exec?command=ls&stdout=1`;
    const asked = request(url, { method: "POST", headers: { ...headers }, rejectUnauthorized: false });
    asked.end();
    const [response] = await once(asked, "response");
    let body = "";
    for await (const chunk of response) body += String(chunk);
    expect(response.statusCode).toBe(code);
    expect(JSON.parse(body)).toMatchObject({ kind: "Status", status: "Failure", code });
    expect(JSON.parse(body).message).toContain(message);
  });
});

async function listen(
  server: Server | ReturnType<typeof createTcpServer>,
): Promise<AsyncDisposable & { port: number }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      if ("closeAllConnections" in server) server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function closedPort(): Promise<{ port: number }> {
  await using open = await listen(createTcpServer());
  return { port: open.port };
}

/** `kubectl port-forward` of the ports to free ones. */
async function startForward(
  ports: number[],
  extra: Record<string, string>,
): Promise<AsyncDisposable & { ports: number[]; errors(): string }> {
  const args = ["port-forward", "--address", "127.0.0.1", "pod/web", ...ports.map((port) => `:${port}`)];
  const child = spawn(kubectl, args, { env: environment(extra) });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const forwarded = () =>
    [...output.matchAll(/Forwarding from 127\.0\.0\.1:(\d+) ->/g)].map((match) => Number(match[1]));
  await vi.waitUntil(() => forwarded().length === ports.length, { timeout: 10_000 });
  return {
    ports: forwarded(),
    errors: () => errors,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      child.kill();
      await once(child, "close");
    },
  };
}
