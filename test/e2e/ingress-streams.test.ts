/** WebSockets and gRPC through Ingress to Pods, by the libraries that everybody uses: ws and grpc-js. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { LookupFunction } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { exec } from "../support/host.ts";
import { eventually, SkiffInstance } from "../support/skiff.ts";
import { TalkerClient } from "../support/talker/client.ts";

const host = "talker.example.com";

/** In the place of a record in DNS. */
const toThisHost: LookupFunction = (_name, { all = false }, found) =>
  all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4);

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const talker = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: talker }
spec:
  replicas: 2
  selector: { matchLabels: { app: talker } }
  template:
    metadata: { labels: { app: talker } }
    spec:
      terminationGracePeriodSeconds: 10
      containers:
        - name: server
          image: hostnames:1
          command: [node, /app/talker/server.mjs]
          ports: [{ name: web, containerPort: 8080 }, { name: grpc, containerPort: 50051 }]
          readinessProbe: { tcpSocket: { port: grpc }, periodSeconds: 1 }
          volumeMounts:
            - { name: program, mountPath: /app/talker, readOnly: true }
            - { name: libraries, mountPath: /app/node_modules, readOnly: true }
      volumes:
        - { name: program, hostPath: { path: ${path("../support/talker")}, type: Directory } }
        - { name: libraries, hostPath: { path: ${path("../../node_modules")}, type: Directory } }
---
apiVersion: v1
kind: Service
metadata: { name: talker }
spec:
  selector: { app: talker }
  ports: [{ name: web, port: 80, targetPort: web }, { name: grpc, port: 50051, targetPort: grpc }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: talker
  annotations: { nginx.ingress.kubernetes.io/ssl-redirect: "false" }
spec:
  tls: [{ hosts: [${host}], secretName: talker }]
  rules:
    - host: ${host}
      http:
        paths:
          - { path: /chat, pathType: Prefix, backend: { service: { name: talker, port: { name: web } } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: talker-grpc
  annotations: { nginx.ingress.kubernetes.io/backend-protocol: GRPC }
spec:
  tls: [{ hosts: [${host}], secretName: talker }]
  rules:
    - host: ${host}
      http:
        paths:
          - { path: /talker.Talker, pathType: Prefix, backend: { service: { name: talker, port: { name: grpc } } } }
`;

describe("streams through Ingress", () => {
  let instance: SkiffInstance;
  let ports: { http: number; https: number };
  let certificate: Buffer;

  beforeAll(async () => {
    instance = await SkiffInstance.start();
    ports = (await instance.status()).ingress;
    const [key, file] = [join(instance.home, "key"), join(instance.home, "crt")];
    const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", file];
    await exec("openssl", ...made, "-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`);
    certificate = readFileSync(file);
    await instance.kubectl("create", "secret", "tls", "talker", `--cert=${file}`, `--key=${key}`);
    await instance.apply(talker);
    await instance.kubectl("rollout", "status", "deployment/talker", "--timeout=60s");
  });
  afterAll(() => instance?.[Symbol.asyncDispose]());

  const client = () => new TalkerClient(`127.0.0.1:${ports.https}`, host, certificate);

  it.each(["ws", "wss"] as const)("carries %s both ways, through changes of the Ingress", async (scheme) => {
    const port = scheme === "ws" ? ports.http : ports.https;
    const socket = new WebSocket(`${scheme}://${host}:${port}/chat/room?one`, { ca: certificate, lookup: toThisHost });
    const heard: (string | Buffer)[] = [];
    socket.on("message", (message: Buffer, isBinary: boolean) => {
      heard.push(isBinary ? message : message.toString());
    });
    const answer = async (count: number): Promise<string | Buffer | undefined> => {
      await eventually(() => (heard.length >= count ? true : undefined), `message ${count} came`, 10_000);
      return heard[count - 1];
    };
    await once(socket, "open");
    expect(JSON.parse(String(await answer(1)))).toEqual({
      url: "/chat/room?one",
      client: "127.0.0.1",
      scheme: scheme === "ws" ? "http" : "https",
    });
    socket.send("hello");
    expect(await answer(2)).toBe("hello");
    const large = Buffer.alloc(2 ** 21, "x");
    socket.send(large);
    expect(large.equals((await answer(3)) as Buffer)).toBe(true);
    await instance.kubectl("annotate", "ingress", "talker", "--overwrite", `example.com/changed-for=${scheme}`);
    const ponged = once(socket, "pong");
    socket.ping();
    await ponged;
    const closed = once(socket, "close");
    socket.send("bye");
    expect(String(await closed)).toBe("4001,as you wish");
  });

  it("carries gRPC calls, each to the Pod whose turn it is, with metadata, trailers and refusals", async () => {
    using talk = client();
    const first = await talk.say("hello", "me");
    expect(first.text).toMatch(/^talker-\S+ hello$/);
    expect(String(first.trailers.get("heard-bin")[0])).toBe("me");
    const second = await talk.say("hello");
    expect(second.text).toMatch(/^talker-\S+ hello$/);
    expect(second.text).not.toBe(first.text);
    await expect(talk.say("")).rejects.toMatchObject({ code: 3, message: "nothing to say: ä" });
    const long = "x".repeat(2 ** 21);
    expect((await talk.say(long)).text.endsWith(` ${long}`)).toBe(true);
  });

  it("carries gRPC streams from the server, from the client, and both ways", async () => {
    using talk = client();
    const words: string[] = [];
    for await (const { text } of talk.count(5_000) as AsyncIterable<{ text: string }>) words.push(text);
    expect(words).toEqual(Array.from({ length: 5_000 }, (_, index) => String(index + 1)));
    expect(await talk.add(Array.from({ length: 5_000 }, () => 2))).toBe(10_000);
    const both = talk.talk();
    const heard: string[] = [];
    both.write({ text: "1" });
    // Only what has come back lets the next word go.
    for await (const { text } of both as AsyncIterable<{ text: string }>) {
      heard.push(text);
      if (heard.length < 5) both.write({ text: `${text}${heard.length + 1}` });
      else both.end();
    }
    expect(heard).toEqual(["1", "12", "123", "1234", "12345"]);
  });

  it("loses no gRPC call in a rolling update", async () => {
    using talk = client();
    let done = false;
    const failures: string[] = [];
    const speakers = new Set<string>();
    const callers = Array.from({ length: 3 }, async () => {
      while (!done) {
        try {
          speakers.add((await talk.say("still there")).text);
        } catch (error) {
          failures.push(`${new Date().toISOString()} ${String(error)}`);
        }
        await wait(5);
      }
    });
    await instance.kubectl("rollout", "restart", "deployment/talker");
    await instance.kubectl("rollout", "status", "deployment/talker", "--timeout=90s");
    await eventually(() => (speakers.size >= 4 ? true : undefined), "the new Pods have answered too");
    done = true;
    await Promise.all(callers);
    expect(failures).toEqual([]);
  });
});
