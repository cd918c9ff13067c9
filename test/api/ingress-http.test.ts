/** The Ingress controller as clients see it, before servers of this process. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { request, type Server, type ServerResponse } from "node:http";
import { connect as connectHttp2, constants, createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { ingresses } from "../../src/machinery/resource.ts";
import { certificateFor, IngressLab, rsaCertificateFor, rulesFor } from "../support/ingress-lab.ts";

it("leads hosts and paths to Services, and says on the Ingress where", async () => {
  await using lab = await IngressLab.start();
  await lab.backend("tea");
  await lab.backend("coffee");
  await lab.ingress("cafe", { rules: rulesFor("cafe.example.com", { "/tea": "tea", "/coffee": "coffee" }) });
  expect(await lab.get("cafe.example.com", "/tea")).toMatchObject({ status: 200, body: "tea" });
  expect(await lab.get("CAFE.example.com:8080", "/coffee/x?y=z")).toMatchObject({ status: 200, body: "coffee" });
  const none = await lab.get("cafe.example.com", "/water");
  expect(none.status).toBe(404);
  expect(none.body).toContain("No Ingress has a rule for the host cafe.example.com and the path /water");
  const shown = lab.api.client.get(ingresses, { namespace: "default", name: "cafe" });
  expect(shown?.status?.loadBalancer?.ingress).toEqual([
    {
      ip: "192.0.2.1",
      ports: [
        { port: lab.ports.http, protocol: "TCP" },
        { port: lab.ports.https, protocol: "TCP" },
      ],
    },
  ]);
});

describe("a backend", () => {
  it("is told who asks, whatever the client says of itself", async () => {
    await using lab = await IngressLab.start();
    await lab.backend("echo", (request, response) => void response.end(JSON.stringify([request.url, request.headers])));
    await lab.ingress("echo", { rules: rulesFor(undefined, { "/": "echo" }) });
    const { body } = await lab.get("shop.example.com:81", "/a%20b?c=d", {
      headers: { "X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "X-Request-ID": "mine", TE: "trailers" },
    });
    const [url, headers] = JSON.parse(body) as [string, Record<string, string>];
    expect(url).toBe("/a%20b?c=d");
    expect(headers).toMatchObject({
      host: "shop.example.com:81",
      "x-forwarded-for": "127.0.0.1",
      "x-original-forwarded-for": "203.0.113.9",
      "x-real-ip": "127.0.0.1",
      "x-forwarded-host": "shop.example.com:81",
      "x-forwarded-port": String(lab.ports.http),
      "x-forwarded-proto": "http",
      "x-request-id": "mine",
    });
    expect(headers).not.toHaveProperty("te");
    const again = JSON.parse((await lab.get("a.b", "/")).body) as [string, Record<string, string>];
    expect(again[1]["x-request-id"]).toMatch(/^[0-9a-f]{32}$/);
  });

  it("gets bodies of every form, and its answers come back in every form", async () => {
    await using lab = await IngressLab.start();
    await lab.backend("echo", (request, response) => {
      if (request.url === "/length") response.setHeader("content-length", request.headers["content-length"] ?? "0");
      if (request.url === "/close") {
        // An answer of HTTP/1.0, which ends with its connection.
        response.shouldKeepAlive = false;
        response.useChunkedEncodingByDefault = false;
      }
      request.pipe(response);
    });
    await lab.ingress("echo", { rules: rulesFor(undefined, { "/": "echo" }) });
    const large = "0123456789abcdef".repeat(100_000);
    for (const path of ["/chunked", "/length", "/close"]) {
      for (const body of ["x", large]) {
        const answer = await lab.get("a.b", path, {
          method: "POST",
          body,
          headers: { "content-length": String(body.length) },
        });
        expect(answer.body === body, `${path} ${body.length}`).toBe(true);
      }
    }
    const chunked = await lab.get("a.b", "/chunked", {
      method: "POST",
      body: large,
      headers: { "transfer-encoding": "chunked" },
    });
    expect(chunked.body === large).toBe(true);
    const waited = await lab.curl("-H", "Expect: 100-continue", "-d", "hello", `http://127.0.0.1:${lab.ports.http}/`);
    expect(waited).toBe("hello");
    const old = await lab.curl("--http1.0", "-d", "hello", `http://127.0.0.1:${lab.ports.http}/chunked`);
    expect(old).toBe("hello");
    expect((await lab.get("a.b", "/length", { method: "HEAD" })).headers).toMatchObject({ "content-length": "0" });
  });

  it("streams: what it has said is passed on before it goes on", async () => {
    await using lab = await IngressLab.start();
    let finish: () => void = () => {};
    await lab.backend("stream", (_, response) => {
      response.write("first ");
      finish = () => void response.end("last");
    });
    await lab.ingress("stream", { rules: rulesFor(undefined, { "/": "stream" }) });
    const body = await new Promise<string>((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port: lab.ports.http, agent: false }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
          if (text === "first ") finish();
        });
        response.on("end", () => resolve(text));
      });
      asked.on("error", reject);
      asked.end();
    });
    expect(body).toBe("first last");
  });

  it("takes its turn; one that refuses is passed over", async () => {
    await using lab = await IngressLab.start();
    const names = ["a", "b", "c"];
    const servers = await lab.backend(
      "web",
      ...names.map((name) => (_: unknown, response: ServerResponse) => void response.end(name)),
    );
    await lab.ingress("web", { rules: rulesFor(undefined, { "/": "web" }) });
    const ask = async (times: number): Promise<string[]> => {
      const answers: string[] = [];
      for (let i = 0; i < times; i++) answers.push((await lab.get("a.b", "/")).body);
      return answers.sort();
    };
    expect(await ask(6)).toEqual(["a", "a", "b", "b", "c", "c"]);
    servers[1]?.closeAllConnections();
    await new Promise((resolve) => servers[1]?.close(resolve));
    const answers = await ask(6);
    expect(new Set(answers)).toEqual(new Set(["a", "c"]));
    expect(answers).toHaveLength(6);
  });

  it("may end its lines as `echo` does", async () => {
    await using lab = await IngressLab.start();
    const server = createServer((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\nContent-Type: text/plain\n\nhello\n"));
      socket.on("error", () => {});
    }).listen(0);
    await once(server, "listening");
    await lab.service("old", [(server.address() as AddressInfo).port]);
    await lab.ingress("old", { rules: rulesFor(undefined, { "/": "old" }) });
    const answer = await lab.get("a.b", "/");
    expect(answer).toMatchObject({ status: 200, body: "hello\n", headers: { "content-type": "text/plain" } });
    server.close();
  });

  it("may not go over to another protocol by itself", async () => {
    await using lab = await IngressLab.start();
    const server = createServer((socket) => {
      socket.once("data", () =>
        socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
      );
      socket.on("error", () => {});
    }).listen(0);
    await once(server, "listening");
    await lab.service("hasty", [(server.address() as AddressInfo).port]);
    await lab.ingress("hasty", { rules: rulesFor(undefined, { "/": "hasty" }) });
    expect((await lab.get("a.b", "/")).status).toBe(502);
    server.close();
  });

  it("that has closed an idle connection is asked again on a fresh one", async () => {
    await using lab = await IngressLab.start();
    // The second request on a connection is met by its end.
    await lab.backend("web", (request, response) => {
      const socket = request.socket as Socket & { used?: boolean };
      if (socket.used) socket.resetAndDestroy();
      else response.end("fresh");
      socket.used = true;
    });
    await lab.ingress("web", { rules: rulesFor(undefined, { "/": "web" }) });
    for (let i = 0; i < 4; i++) expect(await lab.get("a.b", "/")).toMatchObject({ status: 200, body: "fresh" });
    // Nobody knows whether the first was heard: a thing that is not the same when done twice is not done twice.
    expect((await lab.get("a.b", "/", { method: "POST", body: "x", headers: { "content-length": "1" } })).status).toBe(
      502,
    );
  });
});

describe("what has no answer", () => {
  it("says why", async () => {
    await using lab = await IngressLab.start();
    await lab.service("none", []);
    await lab.service("closed", [9]);
    await lab.backend("silent", () => {});
    await lab.backend("babble", (request) => void request.socket.end("hello\r\n\r\n"));
    const paths = { "/none": "none", "/closed": "closed", "/absent": "absent", "/babble": "babble" };
    await lab.ingress("web", { rules: rulesFor(undefined, paths) });
    await lab.ingress("slow", { rules: rulesFor(undefined, { "/silent": "silent" }) }, { "proxy-read-timeout": "1" });
    expect(await lab.get("a.b", "/none")).toMatchObject({
      status: 503,
      body: expect.stringContaining("No endpoint of the Service default/none is ready") as string,
    });
    expect(await lab.get("a.b", "/absent")).toMatchObject({
      status: 503,
      body: expect.stringContaining("The Service default/absent does not exist") as string,
    });
    expect(await lab.get("a.b", "/closed")).toMatchObject({ status: 502 });
    expect(await lab.get("a.b", "/babble")).toMatchObject({ status: 502 });
    expect(await lab.get("a.b", "/silent")).toMatchObject({ status: 504 });
  });

  it.each([
    ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
    [
      "two ends of its body",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400],
    ["a bare line feed", "GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n", 400],
    ["a path that climbs out of a byte", "GET /%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400],
    ["a head without end", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(70_000)}`, 431],
    ["no HTTP", "\x16\x03\x01 hello\r\n\r\n", 400],
  ])("is a request with %s", async (_, text, status) => {
    await using lab = await IngressLab.start();
    const answer = await new Promise<string>((resolve) => {
      let heard = "";
      const socket = connect(lab.ports.http, "127.0.0.1", () => socket.write(text, "latin1"));
      socket.on("data", (data) => {
        heard += data.toString();
      });
      socket.on("close", () => resolve(heard));
      socket.on("error", () => {});
    });
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain("Connection: close");
  });
});

describe("annotations", () => {
  it("rewrite the path, with what its groups have matched", async () => {
    await using lab = await IngressLab.start();
    await lab.backend("web", (request, response) => void response.end(request.url));
    const rules = rulesFor("a.b", { "/app(/|$)(.*)": "web" }, "ImplementationSpecific");
    await lab.ingress("app", { rules }, { "rewrite-target": "/$2", "use-regex": "true" });
    await lab.ingress("plain", { rules: rulesFor("c.d", { "/tea": "web" }) }, { "rewrite-target": "/" });
    expect((await lab.get("a.b", "/app/x/y?z=1")).body).toBe("/x/y?z=1");
    expect((await lab.get("a.b", "/app")).body).toBe("/");
    expect((await lab.get("a.b", "/application")).status).toBe(404);
    expect((await lab.get("c.d", "/tea/green?hot")).body).toBe("/?hot");
  });

  it("limit a body, whether its length is told or not", async () => {
    await using lab = await IngressLab.start();
    await lab.backend("web", (request, response) => void request.resume().on("end", () => response.end("all")));
    await lab.ingress("web", { rules: rulesFor("a.b", { "/": "web" }) }, { "proxy-body-size": "1k" });
    const send = (bytes: number, headers: Record<string, string>) =>
      lab.get("a.b", "/", { method: "POST", body: "x".repeat(bytes), headers });
    expect(await send(1024, { "content-length": "1024" })).toMatchObject({ status: 200, body: "all" });
    expect((await send(1025, { "content-length": "1025" })).status).toBe(413);
    expect((await send(1024, { "transfer-encoding": "chunked" })).status).toBe(200);
    expect((await send(5000, { "transfer-encoding": "chunked" })).status).toBe(413);
  });

  it("ask for a password", async () => {
    await using lab = await IngressLab.start();
    await lab.backend("web");
    // Of `openssl passwd -apr1`, and of SHA-1, of "secret".
    const auth = "alice:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\ncarol:$2y$05$x\n";
    const annotations = { "auth-type": "basic", "auth-secret": "users", "auth-realm": "Friends" };
    await lab.ingress("web", { rules: rulesFor("a.b", { "/": "web" }) }, annotations);
    expect((await lab.get("a.b", "/")).status).toBe(503);
    expect(lab.events).toContainEqual(["SecretNotFound", expect.stringContaining("default/users")]);
    await lab.secret("users", { auth });
    const as = (words: string) =>
      lab.get("a.b", "/", { headers: { authorization: `Basic ${Buffer.from(words).toString("base64")}` } });
    expect(await lab.get("a.b", "/")).toMatchObject({
      status: 401,
      headers: { "www-authenticate": 'Basic realm="Friends"' },
    });
    const words = ["alice:secret", "alice:secret", "bob:secret", "alice:wrong", "bob:", "carol:x", "dave:secret"];
    const codes: number[] = [];
    for (const each of words) codes.push((await as(each)).status);
    expect(codes).toEqual([200, 200, 200, 401, 401, 401, 401]);
    expect(lab.events).toContainEqual(["PasswordNotSupported", expect.stringContaining("carol")]);
    await lab.secret("users", { auth: "" });
    expect((await as("alice:secret")).status).toBe(401);
  });

  it("bring a client back to where it was", async () => {
    await using lab = await IngressLab.start();
    const answer = (name: string) => (_: unknown, response: ServerResponse) => void response.end(name);
    await lab.backend("web", answer("a"), answer("b"), answer("c"));
    const annotations = { affinity: "cookie", "session-cookie-name": "route", "session-cookie-max-age": "60" };
    await lab.ingress("web", { rules: rulesFor("a.b", { "/": "web" }) }, annotations);
    const first = await lab.get("a.b", "/");
    const cookie = first.headers["set-cookie"]?.[0] ?? "";
    expect(cookie).toMatch(/^route=[0-9a-f]{32}; Path=\/; Max-Age=60; HttpOnly$/);
    for (let i = 0; i < 4; i++) {
      const again = await lab.get("a.b", "/", { headers: { cookie: `x=1; ${cookie.split(";")[0]}` } });
      expect(again.body).toBe(first.body);
      expect(again.headers).not.toHaveProperty("set-cookie");
    }
    const stranger = await lab.get("a.b", "/", { headers: { cookie: "route=nobody" } });
    expect(stranger.headers).toHaveProperty("set-cookie");
  });
});

describe("TLS", () => {
  const ask = (lab: IngressLab, host: string, ...args: string[]): Promise<string> =>
    lab.curl("--resolve", `${host}:${lab.ports.https}:127.0.0.1`, ...args, `https://${host}:${lab.ports.https}/`);

  it("shows the Secret's certificate, the new one when it changes, and its own where there is none", async () => {
    await using lab = await IngressLab.start();
    await lab.backend("web", (request, response) => void response.end(String(request.headers["x-forwarded-proto"])));
    const spec = {
      rules: rulesFor("cafe.example.com", { "/": "web" }),
      tls: [{ hosts: ["cafe.example.com"], secretName: "cafe" }],
    };
    await lab.ingress("cafe", spec);
    const fingerprint = (host: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const options = { host: "127.0.0.1", port: lab.ports.https, servername: host, rejectUnauthorized: false };
        const socket = connectTls(options, () => {
          resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? "");
          socket.destroy();
        });
        socket.on("error", reject);
      });
    const ofFile = (pair: { "tls.crt": string }): string => new X509Certificate(pair["tls.crt"]).fingerprint256;
    expect(lab.events).toContainEqual(["SecretNotFound", expect.stringContaining("default/cafe")]);
    expect(await ask(lab, "cafe.example.com", "--insecure")).toBe("https");

    const first = certificateFor("cafe.example.com");
    await lab.secret("cafe", first, "kubernetes.io/tls");
    expect(await fingerprint("cafe.example.com")).toBe(ofFile(first));
    const second = certificateFor("cafe.example.com");
    await lab.secret("cafe", second, "kubernetes.io/tls");
    expect(await fingerprint("cafe.example.com")).toBe(ofFile(second));
    expect(await fingerprint("other.example.com")).not.toBe(ofFile(second));
    // A key of another kind than those that are made here.
    const rsa = await rsaCertificateFor("cafe.example.com");
    await lab.secret("cafe", rsa, "kubernetes.io/tls");
    expect(await fingerprint("cafe.example.com")).toBe(ofFile(rsa));
    await lab.secret("cafe", { ...second, "tls.key": first["tls.key"] }, "kubernetes.io/tls");
    expect(lab.events).toContainEqual(["BadCertificate", expect.stringContaining("default/cafe")]);
    expect(await fingerprint("cafe.example.com")).not.toBe(ofFile(second));
  });

  it("is where HTTP is sent, unless the Ingress says otherwise", async () => {
    await using lab = await IngressLab.start();
    await lab.backend("web");
    const tls = (host: string) => [{ hosts: [host], secretName: "s" }];
    await lab.ingress("a", { rules: rulesFor("a.b", { "/": "web" }), tls: tls("a.b") });
    await lab.ingress("c", { rules: rulesFor("c.d", { "/": "web" }), tls: tls("c.d") }, { "ssl-redirect": "false" });
    await lab.ingress("e", { rules: rulesFor("e.f", { "/": "web" }) }, { "force-ssl-redirect": "true" });
    const { https } = lab.ports;
    expect(await lab.get("a.b", "/x?y")).toMatchObject({
      status: 308,
      headers: { location: `https://a.b:${https}/x?y` },
    });
    expect((await lab.get("c.d", "/")).status).toBe(200);
    expect((await lab.get("e.f", "/")).status).toBe(308);
  });

  it("speaks HTTP/2, with bodies both ways", async () => {
    await using lab = await IngressLab.start();
    await lab.backend("echo", (request, response) => {
      response.setHeader("x-version", request.httpVersion);
      request.pipe(response);
    });
    await lab.ingress("echo", { rules: rulesFor(undefined, { "/": "echo" }) });
    const body = "0123456789".repeat(10_000);
    const out = await ask(
      lab,
      "a.b",
      "--insecure",
      "--http2",
      "--data-binary",
      body,
      "--write-out",
      "\n%{http_version} %header{x-version}",
    );
    expect(out).toBe(`${body}\n2 1.1`);
    const plain = await lab.curl(
      "--http2-prior-knowledge",
      "-d",
      "x",
      "-w",
      " %{http_version}",
      `http://127.0.0.1:${lab.ports.http}/`,
    );
    expect(plain).toBe("x 2");
    expect(await ask(lab, "a.b", "--insecure", "--http2", "-o", "/dev/null", "-I", "-w", "%{http_code}")).toBe("200");
  });
});

it("is not brought down by headers that HTTP/2 does not allow", async () => {
  await using lab = await IngressLab.start();
  await lab.backend("odd", ({ url, socket }) => {
    const lines = ["HTTP/1.1 200 OK", "Date: today", "Date: tomorrow", "Set-Cookie: a=b", "Set-Cookie: c=d"];
    if (url === "/bad") lines.push("TE: gzip");
    socket.end([...lines, "Content-Length: 2", "", "ok"].join("\r\n"));
  });
  await lab.ingress("odd", { rules: rulesFor(undefined, { "/": "odd" }) });
  const ask = (path: string) =>
    lab.curl("--insecure", "--http2", "--include", `https://127.0.0.1:${lab.ports.https}${path}`);
  await expect(ask("/bad")).rejects.toThrow("INTERNAL_ERROR");
  const answer = await ask("/");
  for (const line of ["date: today", "set-cookie: a=b", "set-cookie: c=d"]) expect(answer).toContain(line);
});

it("speaks HTTP/2 without TLS, however its beginning comes apart, and leaves out no value of an answer's headers", async () => {
  await using lab = await IngressLab.start();
  await lab.backend("web", (_, response) => {
    response.writeHead(200, ["Server-Timing", "a", "Server-Timing", "b"]).end("web");
  });
  await lab.ingress("web", { rules: rulesFor(undefined, { "/": "web" }) });
  const socket = connect({ host: "127.0.0.1", port: lab.ports.http, noDelay: true });
  for (const piece of ["P", "RI * HTTP/2.0\r\n", "\r\nSM\r\n\r\n"]) {
    await new Promise((written) => socket.write(piece, written));
    await turn();
  }
  const settings = Buffer.from("000000040000000000", "hex");
  socket.write(settings);
  const [first] = (await once(socket, "data")) as [Buffer];
  // A frame of SETTINGS (RFC 9113, section 3.4).
  expect(first[3]).toBe(4);
  socket.destroy();
  const session = connectHttp2(`http://127.0.0.1:${lab.ports.http}`);
  const stream = session.request({ ":path": "/" });
  const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
  expect(headers["server-timing"]).toBe("a, b");
  stream.resume();
  await once(stream, "close");
  session.close();
});

it.each([
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "400 Bad Request"],
  ["another protocol", "SSH-2.0-OpenSSH\r\n", "400 Bad Request"],
  ["a line that ends in LF alone", "GET / HTTP/1.1\n", "400 Bad Request"],
  ["a head without end", `GET / HTTP/1.1\r\nX: ${"a".repeat(70_000)}`, "431 Request Header Fields Too Large"],
])("answers at once to what can become no request: %s", async (_, text, status) => {
  await using lab = await IngressLab.start();
  const socket = connect(lab.ports.http, "127.0.0.1");
  socket.write(text, "latin1");
  let answer = "";
  socket.on("data", (data: Buffer) => void (answer += data.toString()));
  await once(socket, "end");
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status}\r\n`));
  socket.destroy();
});

it("waits for a head a minute, however slowly it comes, and then for another one as long as it takes", async () => {
  await using lab = await IngressLab.start();
  await lab.backend("web");
  await lab.ingress("web", { rules: rulesFor(undefined, { "/": "web" }) });
  const socket = connect({ host: "127.0.0.1", port: lab.ports.http, noDelay: true });
  let heard = "";
  const hears = async (text: string): Promise<void> => {
    while (!heard.includes(text)) heard += String((await once(socket, "data"))[0]);
    heard = "";
  };
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    for (let n = 0; n < 2; n++) {
      socket.write("GET / HTTP/1.1\r\n");
      await untilBegun(() => vi.getTimerCount() > 0);
      vi.advanceTimersByTime(59_000);
      socket.write("Host: a.b\r\n\r\n");
      await hears("\r\n\r\nweb");
      vi.advanceTimersByTime(70_000);
    }
    socket.write("GET / HTTP/1.1\r\n");
    await untilBegun(() => vi.getTimerCount() > 0);
    vi.advanceTimersByTime(30_000);
    socket.write("Host: a");
    vi.advanceTimersByTime(30_000);
    await hears("HTTP/1.1 408 Request Timeout\r\n");
  } finally {
    vi.useRealTimers();
    socket.destroy();
  }
});

it("passes gRPC through: streams both ways, with trailers", async () => {
  await using lab = await IngressLab.start();
  const server = createHttp2Server();
  server.on("stream", (stream, headers) => {
    if (headers[":path"] === "/hello.Greeter/Refuse") {
      stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "5" }, { endStream: true });
      return;
    }
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () =>
      stream.sendTrailers({ "grpc-status": "0", "grpc-message": String(headers[":path"]) }),
    );
    stream.pipe(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  try {
    await lab.service("grpc", [(server.address() as AddressInfo).port]);
    await lab.ingress("grpc", { rules: rulesFor(undefined, { "/": "grpc" }) }, { "backend-protocol": "GRPC" });
    const client = connectHttp2(`https://127.0.0.1:${lab.ports.https}`, { rejectUnauthorized: false });
    const stream = client.request({
      ":method": "POST",
      ":path": "/hello.Greeter/Say",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const trailers = new Promise((resolve) => stream.on("trailers", resolve));
    const heard: string[] = [];
    await new Promise<void>((resolve) => {
      stream.on("data", (data: Buffer) => {
        heard.push(data.toString());
        // Only what has come back lets the next message go.
        if (heard.length < 3) stream.write(`message ${heard.length}`);
        else stream.end();
      });
      stream.on("end", resolve);
      stream.write("message 0");
    });
    expect(heard).toEqual(["message 0", "message 1", "message 2"]);
    expect(await trailers).toMatchObject({ "grpc-status": "0", "grpc-message": "/hello.Greeter/Say" });
    const refused = client.request({ ":method": "POST", ":path": "/hello.Greeter/Refuse" });
    const [head, flags] = (await once(refused, "response")) as [Record<string, string>, number];
    expect(head["grpc-status"]).toBe("5");
    // Clients take a refusal for one only where nothing follows.
    expect(flags & constants.NGHTTP2_FLAG_END_STREAM).not.toBe(0);
    refused.close();
    client.close();
  } finally {
    server.close();
  }
});

it("joins WebSockets", async () => {
  await using lab = await IngressLab.start();
  const [server] = await lab.backend("ws", (_, response) => void response.end());
  const sockets = new WebSocketServer({ server: server as Server });
  sockets.on("connection", (socket, request) => {
    socket.send(`welcome to ${request.url}`);
    socket.on("message", (message) => socket.send(`heard ${(message as Buffer).toString()}`));
  });
  await lab.ingress("ws", { rules: rulesFor("chat.example.com", { "/chat": "ws" }) });
  const client = new WebSocket(`ws://127.0.0.1:${lab.ports.http}/chat?room=1`, {
    headers: { host: "chat.example.com" },
  });
  const heard: string[] = [];
  await new Promise<void>((resolve, reject) => {
    client.on("error", reject);
    client.on("message", (message) => {
      heard.push((message as Buffer).toString());
      if (heard.length === 1) client.send("hello");
      else client.close();
    });
    client.on("close", resolve);
  });
  expect(heard).toEqual(["welcome to /chat?room=1", "heard hello"]);
  sockets.close();
});

it("reaches every Service by its name below localhost, from this host", async () => {
  await using lab = await IngressLab.start();
  await lab.backend("web");
  await lab.ingress("all", { defaultBackend: { service: { name: "other", port: { number: 80 } } } });
  expect(await lab.get("web.default.localhost", "/")).toMatchObject({ status: 200, body: "web" });
  expect((await lab.get("nobody.default.localhost", "/")).body).toContain("default/other");
});

it("serves the classes that are its own", async () => {
  await using lab = await IngressLab.start();
  await lab.backend("web");
  const rules = (host: string) => rulesFor(host, { "/": "web" });
  await lab.ingress("other", { rules: rules("other.b"), ingressClassName: "traefik" });
  await lab.ingress("adopted", { rules: rules("nginx.b"), ingressClassName: "nginx" });
  expect((await lab.get("other.b", "/")).status).toBe(404);
  expect((await lab.get("nginx.b", "/")).status).toBe(200);
  const key = { namespace: "default", name: "adopted" };
  await lab.api.client.patch(ingresses, key, "merge", { spec: { ingressClassName: "traefik" } });
  await expect.poll(async () => (await lab.get("nginx.b", "/")).status).toBe(404);
  await expect.poll(() => lab.api.client.get(ingresses, key)?.status).toEqual({ loadBalancer: {} });
});

it("logs what was asked, and how it went", async () => {
  await using lab = await IngressLab.start();
  await lab.backend("web");
  await lab.ingress("cafe", { rules: rulesFor("a.b", { "/": "web" }) });
  await lab.get("a.b", '/x?"', { headers: { "user-agent": "test" } });
  await lab.get("c.d", "/");
  const [first, second] = await lab.stopAndReadLog();
  expect(first).toMatch(
    /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/x\?\\x22 HTTP\/1\.1" 200 3 "-" "test" a\.b \d+\.\d{3} \[default\/cafe\] [\d.]+:\d+ [0-9a-f]{32}$/,
  );
  expect(second).toContain('"GET / HTTP/1.1" 404');
});

async function untilBegun(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
