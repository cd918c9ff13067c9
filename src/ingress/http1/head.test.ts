import { describe, expect, it } from "vitest";
import { BadMessage, checkBeginning, endOfResponseHead, hostOf, parseRequestHead, parseResponseHead } from "./head.ts";

const get = (...lines: string[]): string => ["GET /x HTTP/1.1", "Host: a.b", ...lines].join("\r\n");
const answer = (...lines: string[]): string => ["HTTP/1.1 200 OK", ...lines].join("\r\n");

it("a request is read, and what concerns this connection only is left out", () => {
  const head = parseRequestHead(
    get(
      "Connection: keep-alive, X-Hop",
      "Keep-Alive: timeout=5",
      "X-Hop: 1",
      "TE: trailers",
      "X-Forwarded-Proto: https",
      "Cookie: a=b",
      "X-End: 2",
    ),
  );
  expect(head).toMatchObject({
    method: "GET",
    target: "/x",
    host: "a.b",
    framing: { type: "none" },
    keepAlive: true,
    cookie: "a=b",
    lines: "Cookie: a=b\r\nX-End: 2\r\n",
  });
});

it.each<[lines: string[], found: object]>([
  [["Content-Length: 5"], { framing: { type: "length", length: 5 } }],
  [["Content-Length: 0"], { framing: { type: "none" } }],
  [["Transfer-Encoding: Chunked"], { framing: { type: "chunked" } }],
  [["Connection: close"], { keepAlive: false }],
  [["Connection: Upgrade", "Upgrade: websocket"], { upgrade: "websocket" }],
  [["Expect: 100-continue"], { expectsContinue: true, lines: "" }],
])("%j means %j", (lines, found) => {
  expect(parseRequestHead(get(...lines))).toMatchObject(found);
});

it("an upgrade must be announced", () => {
  expect(parseRequestHead(get("Upgrade: websocket"))).not.toHaveProperty("upgrade");
});

it("HTTP/2 is not gone over to in the middle", () => {
  const head = parseRequestHead(get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: x"));
  expect(head).not.toHaveProperty("upgrade");
  expect(head.lines).toBe("");
});

it("a target may be a whole URL, which has the last word on the host", () => {
  expect(parseRequestHead("GET http://c.d:81/y?z HTTP/1.1\r\nHost: a.b")).toMatchObject({
    target: "/y?z",
    host: "c.d",
    authority: "c.d:81",
  });
});

it("HTTP/1.0 needs no host, and ends its connection unless it says otherwise", () => {
  expect(parseRequestHead("GET / HTTP/1.0")).toMatchObject({ host: "", minor: 0, keepAlive: false });
  expect(parseRequestHead("GET / HTTP/1.0\r\nConnection: keep-alive")).toMatchObject({ keepAlive: true });
});

/** Each could be read in two ways, or is none of HTTP. */
describe("a request is refused", () => {
  it.each([
    "GET / HTTP/1.1",
    "GET /x",
    "GET /x HTTP/2.0\r\nHost: a",
    "get /x HTTP/1.1\r\nHost: a",
    "GET  /x HTTP/1.1\r\nHost: a",
    "GET x HTTP/1.1\r\nHost: a",
    "CONNECT a.b:443 HTTP/1.1\r\nHost: a",
    "OPTIONS * HTTP/1.1\r\nHost: a",
    get("Host: c.d"),
    get("Content-Length: 5", "Content-Length: 6"),
    get("Content-Length: 5, 5"),
    get("Content-Length: +5"),
    get("Content-Length: 0x5"),
    get("Content-Length: 5", "Transfer-Encoding: chunked"),
    get("Transfer-Encoding: gzip"),
    get("Transfer-Encoding: chunked, identity"),
    get("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "GET / HTTP/1.0\r\nTransfer-Encoding: chunked",
    get("Transfer-Encoding : chunked"),
    get(" folded: 1"),
    get("\tfolded"),
    get("no colon"),
    get(": no name"),
    get("X-A: 1\nTransfer-Encoding: chunked"),
    get("X-A: 1\rX-B: 2"),
    get("X-A: \0"),
    get("Expect: miracles"),
    // Blank to JavaScript, but not to HTTP.
    get("Transfer-Encoding: \x0bchunked"),
    get("Transfer-Encoding: chunked\xa0"),
    get("Content-Length: \x0c5"),
    "GET /\x01 HTTP/1.1\r\nHost: a",
    "GET /\x7f HTTP/1.1\r\nHost: a",
    ...["a/b", "a b", "a@b", 'a"', "a:b", "a:1:2", "[::1", "a\x01", "\xe4.de"].map(
      (host) => `GET / HTTP/1.1\r\nHost: ${host}`,
    ),
    "GET http://a@b/ HTTP/1.1\r\nHost: b",
  ])("%j", (text) => {
    expect(() => parseRequestHead(text)).toThrow(BadMessage);
  });
});

it.each(["a.b", "a_b.c:80", "xn--4ca.de", "[::1]:443", "10.0.0.1", "a.b:", ""])("%j is a host", (host) => {
  expect(parseRequestHead(`GET / HTTP/1.1\r\nHost: ${host}`)).toMatchObject({ authority: host });
});

it.each(["G", "GET /x HT", "GET /x HTTP/1.1\r", "GET /x HTTP/1.1\r\nHost", get("X: y")])("%j may go on", (text) => {
  expect(() => checkBeginning(text)).not.toThrow();
});

it.each(["\x16\x03\x01", "\n", "GET /x\r\n", "GET /x HTTP/1.1\n", "SSH-2.0-x\r\n", "GET /x HTTP/1.1\r\nA: b\nC"])(
  "%j can become no request",
  (text) => {
    expect(() => checkBeginning(text)).toThrow(BadMessage);
  },
);

it.each<[method: string, text: string, found: object]>([
  ["GET", answer("Content-Length: 5"), { framing: { type: "length", length: 5 }, lines: "Content-Length: 5\r\n" }],
  ["HEAD", answer("Content-Length: 5"), { framing: { type: "none" }, lines: "Content-Length: 5\r\n" }],
  ["GET", answer("Content-Length: 0"), { framing: { type: "none" }, lines: "Content-Length: 0\r\n" }],
  ["GET", answer("Transfer-Encoding: chunked"), { framing: { type: "chunked" }, lines: "", keepAlive: true }],
  ["GET", answer("Transfer-Encoding: chunked", "Content-Length: 5"), { framing: { type: "chunked" }, lines: "" }],
  ["GET", answer(), { framing: { type: "close" }, keepAlive: false }],
  ["GET", answer("Content-Length: 5", "Connection: close"), { keepAlive: false, lines: "Content-Length: 5\r\n" }],
  ["GET", "HTTP/1.0 200 OK\r\nContent-Length: 5", { keepAlive: false }],
  ["GET", "HTTP/1.1 204 No Content", { framing: { type: "none" }, keepAlive: true, lines: "" }],
  ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5", { framing: { type: "none" } }],
  ["GET", "HTTP/1.1 404", { status: 404, reason: "" }],
  ["GET", "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x", { status: 101, upgrade: "x" }],
])("an answer to %s: %j", (method, text, found) => {
  expect(parseResponseHead(text, method)).toMatchObject(found);
});

it.each<[text: string, head: string | undefined, rest: string]>([
  ["HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\n\n", "HTTP/1.1 200 OK\r\nA: b\r", "body\n\n"],
  ["HTTP/1.1 200 OK\nA: b\n\nbody\r\n\r\n", "HTTP/1.1 200 OK\nA: b", "body\r\n\r\n"],
  ["HTTP/1.1 200 OK\n\r\nbody", "HTTP/1.1 200 OK", "body"],
  ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r", ""],
  ["HTTP/1.1 200 OK\r\n\nbody", "HTTP/1.1 200 OK\r", "body"],
  ["HTTP/1.1 200 OK\r\nA: b\r\n\r", undefined, ""],
])("the head of the answer %j is %j", (text, head, rest) => {
  const data = Buffer.from(text, "latin1");
  const found = endOfResponseHead(data);
  expect(found && data.toString("latin1", 0, found.end)).toBe(head);
  if (found) expect(data.toString("latin1", found.next)).toBe(rest);
});

it("lines of an answer may end in LF alone", () => {
  expect(parseResponseHead("HTTP/1.0 200 OK\nA: b\r\nContent-Length: 5\nC: d", "GET")).toMatchObject({
    status: 200,
    framing: { type: "length", length: 5 },
    lines: "A: b\r\nC: d\r\nContent-Length: 5\r\n",
  });
});

it.each(["HTTP/1.1 20 OK", "HTTP/2 200", "hello", answer("Content-Length: x"), answer("A: 1\rB: 2"), answer("A: \0")])(
  "no answer: %j",
  (text) => {
    expect(() => parseResponseHead(text, "GET")).toThrow(BadMessage);
  },
);

it.each([
  ["A.b:80", "a.b"],
  ["a.b.", "a.b"],
  ["[::1]:80", "[::1]"],
  ["", ""],
])("the host of %j is %j", (authority, host) => {
  expect(hostOf(authority)).toBe(host);
});
