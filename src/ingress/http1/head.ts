/**
 * Heads of HTTP/1.1 messages, read strictly: what two programs could read in two ways is refused, so that no request can hide
 * in another. Rule: RFC 9112, and RFC 9110 section 7.6.1 for the headers that concern one connection only.
 */

/** How a message's body ends. */
export type Framing = { type: "none" } | { type: "length"; length: number } | { type: "chunked" } | { type: "close" };

export interface RequestHead {
  method: string;
  /** Path and query. */
  target: string;
  /** In lower case, without port. */
  host: string;
  /** As the client wrote it, with the port. */
  authority: string;
  /** The 1 of HTTP/1.1. */
  minor: number;
  /** Header lines to send on, each with its end; without those that the proxy writes itself. */
  lines: string;
  framing: Framing;
  keepAlive: boolean;
  /** The protocol that the client asks to go over to. */
  upgrade?: string;
  expectsContinue: boolean;
  authorization?: string;
  cookie?: string;
  requestId?: string;
  forwardedFor?: string;
  userAgent?: string;
  referer?: string;
}

export interface ResponseHead {
  status: number;
  reason: string;
  minor: number;
  lines: string;
  framing: Framing;
  keepAlive: boolean;
  /** With status 101. */
  upgrade?: string;
  /**
   * The answer ends with its head, in HTTP/2: gRPC tells a refusal so ("Trailers-Only"), and its clients take the status from a
   * head only then.
   */
  isComplete?: boolean;
}

/** A message that is not HTTP. */
export class BadMessage extends Error {
  /** What to answer, if it is a request. */
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

const none: Framing = { type: "none" };
const chunked: Framing = { type: "chunked" };
const close: Framing = { type: "close" };
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** A line that ends otherwise than in CR LF, or a zero byte. */
const misplaced = /[^\r]\n|^\n|\r(?!\n)|\0/;
/** Of what a target is made: no control characters, to some of which others give a meaning. */
const requestLine = /^([A-Z][A-Z-]{0,30}) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/;
/** Host and port. Rule: RFC 3986, section 3.2.2. */
const authorityForm = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/i;

const noLineEnd = "a line of the head does not end in CR LF";
const noRequestLine = "the request line is not one of HTTP/1";

/** What the headers of a message say about the message itself. */
interface Facts {
  lines: string;
  length: number | undefined;
  chunked: boolean;
  transferCoded: boolean;
  connection: string;
  upgrade: string | undefined;
  hosts: number;
  host: string;
}

/**
 * @param text of the head, without the empty line that ends it.
 * @throws BadMessage
 */
export function parseRequestHead(text: string): RequestHead {
  if (misplaced.test(text)) throw new BadMessage(noLineEnd);
  const end = endOfLine(text, 0);
  const match = requestLine.exec(text.slice(0, end));
  if (!match) throw new BadMessage(noRequestLine);
  const [, method = "", asked = "", version] = match;
  const head: Partial<RequestHead> = {};
  const facts = readHeaders(text, end + 2, (name, value) => takeRequestHeader(head, name, value));
  const minor = Number(version);
  if (facts.hosts > 1 || (minor === 1 && facts.hosts === 0)) throw new BadMessage("there must be one Host header");
  const { target, authority } = originForm(method, asked, facts.host);
  if (!authorityForm.test(authority)) throw new BadMessage("the host is not one");
  if (facts.transferCoded && (!facts.chunked || minor === 0 || facts.length !== undefined)) {
    throw new BadMessage("the end of the body is not clear");
  }
  const tokens = facts.connection;
  // HTTP/2 within the connection would pass by all that is decided per request here.
  const isHttp2 = facts.upgrade?.toLowerCase() === "h2c";
  const upgrades = facts.upgrade !== undefined && !isHttp2 && hasToken(tokens, "upgrade") && minor === 1;
  return {
    ...head,
    method,
    target,
    authority,
    host: hostOf(authority),
    minor,
    lines: withoutConnectionHeaders(facts.lines, tokens),
    framing: facts.chunked ? chunked : facts.length ? { type: "length", length: facts.length } : none,
    keepAlive: minor === 1 ? !hasToken(tokens, "close") : hasToken(tokens, "keep-alive"),
    ...(upgrades && { upgrade: facts.upgrade as string }),
    expectsContinue: head.expectsContinue === true && minor === 1,
  };
}

/**
 * Refuses at once what cannot become a request any more, however much is still to come: other protocols, lines that end
 * otherwise.
 * @param text the beginning of a head. @throws BadMessage
 */
export function checkBeginning(text: string): void {
  // What comes last may be half of a line's end.
  if (misplaced.test(text.endsWith("\r") ? text.slice(0, -1) : text)) throw new BadMessage(noLineEnd);
  const end = text.indexOf("\r\n");
  const isRequest = end < 0 ? /^[A-Z]/.test(text) : requestLine.test(text.slice(0, end));
  if (!isRequest) throw new BadMessage(noRequestLine);
}

/**
 * Where the head of an answer ends, and where what follows begins; undefined while it is not whole. Lines may end in LF alone:
 * whoever answers with `echo` and `nc` writes them so, and RFC 9112 (section 2.2) leaves it to the recipient.
 */
export function endOfResponseHead(data: Buffer): { end: number; next: number } | undefined {
  const usual = data.indexOf("\n\r\n");
  const plain = data.subarray(0, usual < 0 ? data.length : usual + 1).indexOf("\n\n");
  if (plain >= 0) return { end: plain, next: plain + 2 };
  return usual < 0 ? undefined : { end: usual, next: usual + 3 };
}

/** @param written up to the line end before the empty line. @param method of the request that is answered. @throws BadMessage */
export function parseResponseHead(written: string, method: string): ResponseHead {
  const whole = written.endsWith("\r") ? written.slice(0, -1) : written;
  const text = /[^\r]\n/.test(whole) ? whole.replaceAll(/\r?\n/g, "\r\n") : whole;
  if (misplaced.test(text)) throw new BadMessage(noLineEnd);
  const end = endOfLine(text, 0);
  const match = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/.exec(text.slice(0, end));
  if (!match) throw new BadMessage("the status line is not one of HTTP/1");
  const [, version, code, reason = ""] = match;
  const facts = readHeaders(text, end + 2, () => false);
  const status = Number(code);
  const minor = Number(version);
  const bodiless = method === "HEAD" || status < 200 || status === 204 || status === 304;
  let framing: Framing = close;
  if (bodiless) framing = none;
  else if (facts.chunked) framing = chunked;
  else if (facts.transferCoded) framing = close;
  else if (facts.length !== undefined) framing = facts.length === 0 ? none : { type: "length", length: facts.length };
  const keepAlive = minor === 1 ? !hasToken(facts.connection, "close") : hasToken(facts.connection, "keep-alive");
  // The length of what HEAD does not bring, and of an empty body, is worth telling.
  const tellsLength =
    facts.length !== undefined &&
    (framing.type === "length" || (framing.type === "none" && status >= 200 && status !== 204));
  return {
    status,
    reason,
    minor,
    lines:
      withoutConnectionHeaders(facts.lines, facts.connection) +
      (tellsLength ? `Content-Length: ${facts.length}\r\n` : ""),
    framing,
    keepAlive: keepAlive && framing.type !== "close",
    ...(status === 101 && facts.upgrade !== undefined && { upgrade: facts.upgrade }),
  };
}

/** Without port and final dot, in lower case. */
export function hostOf(authority: string): string {
  const end = authority.startsWith("[") ? authority.indexOf("]") + 1 : authority.indexOf(":");
  const host = (end > 0 ? authority.slice(0, end) : authority).toLowerCase();
  return host.endsWith(".") ? host.slice(0, -1) : host;
}

/** Blanks are spaces and tabs: to `trim()` other characters are, too, and to other programs they are not. */
function withoutBlanks(text: string, from: number, to: number): string {
  const isBlank = (at: number): boolean => text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09;
  let [start, end] = [from, to];
  while (start < end && isBlank(start)) start++;
  while (end > start && isBlank(end - 1)) end--;
  return text.slice(start, end);
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\r\n", from);
  return end < 0 ? text.length : end;
}

/** @param take is offered each header; those it takes are not sent on. */
function readHeaders(text: string, from: number, take: (name: string, value: string) => boolean): Facts {
  const facts: Facts = {
    lines: "",
    length: undefined,
    chunked: false,
    transferCoded: false,
    connection: "",
    upgrade: undefined,
    hosts: 0,
    host: "",
  };
  for (let start = from; start < text.length; ) {
    const end = endOfLine(text, start);
    const colon = text.indexOf(":", start);
    if (colon <= start || colon > end) throw new BadMessage("a header has no name");
    const written = text.slice(start, colon);
    // Among them a blank before the colon, and lines folded the old way.
    if (!token.test(written)) throw new BadMessage("the name of a header has characters that are not allowed");
    const name = written.toLowerCase();
    const value = withoutBlanks(text, colon + 1, end);
    if (!takeFact(facts, name, value) && !take(name, value)) facts.lines += `${text.slice(start, end)}\r\n`;
    start = end + 2;
  }
  return facts;
}

function takeFact(facts: Facts, name: string, value: string): boolean {
  switch (name) {
    case "content-length": {
      if (!/^\d{1,15}$/.test(value)) throw new BadMessage("Content-Length is not a number");
      const length = Number(value);
      if (facts.length !== undefined && facts.length !== length) throw new BadMessage("there are two Content-Lengths");
      facts.length = length;
      return true;
    }
    case "transfer-encoding":
      if (facts.transferCoded) throw new BadMessage("there are two Transfer-Encodings");
      facts.transferCoded = true;
      facts.chunked = value.toLowerCase() === "chunked";
      return true;
    case "connection":
      facts.connection += facts.connection ? `,${value.toLowerCase()}` : value.toLowerCase();
      return true;
    case "upgrade":
      facts.upgrade = value;
      return true;
    case "host":
      facts.hosts++;
      facts.host = value;
      return true;
    case "http2-settings":
    case "keep-alive":
    case "proxy-connection":
      return true;
    default:
      return false;
  }
}

/** Headers that the proxy writes itself are not taken from the client: it could say anything. */
function takeRequestHeader(head: Partial<RequestHead>, name: string, value: string): boolean {
  switch (name) {
    case "authorization":
      head.authorization = value;
      return false;
    case "cookie":
      head.cookie = head.cookie === undefined ? value : `${head.cookie}; ${value}`;
      return false;
    case "user-agent":
      head.userAgent = value;
      return false;
    case "referer":
      head.referer = value;
      return false;
    case "expect":
      if (value.toLowerCase() !== "100-continue") throw new BadMessage("Expect asks for what is not known", 417);
      head.expectsContinue = true;
      return true;
    case "x-request-id":
      head.requestId = value;
      return true;
    case "x-forwarded-for":
      head.forwardedFor = head.forwardedFor === undefined ? value : `${head.forwardedFor}, ${value}`;
      return true;
    case "x-real-ip":
    case "x-forwarded-host":
    case "x-forwarded-port":
    case "x-forwarded-proto":
    case "x-forwarded-scheme":
    case "x-scheme":
    case "x-original-forwarded-for":
    case "te":
      return true;
    default:
      return false;
  }
}

function originForm(method: string, asked: string, host: string): { target: string; authority: string } {
  if (asked.startsWith("/")) return { target: asked, authority: host };
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(asked);
  if (!absolute || method === "CONNECT") throw new BadMessage("the request's target is not a path");
  const [, authority = "", rest = ""] = absolute;
  return { target: rest.startsWith("/") ? rest : `/${rest}`, authority };
}

function hasToken(connection: string, wanted: string): boolean {
  if (connection === "") return false;
  return connection === wanted || connection.split(",").some((item) => item.trim() === wanted);
}

const usual = new Set(["close", "keep-alive", "upgrade", "te", ""]);

/** `Connection` may name further headers that are for the next hop alone. */
function withoutConnectionHeaders(lines: string, connection: string): string {
  if (connection === "" || usual.has(connection)) return lines;
  const named = connection.split(",").map((item) => item.trim());
  const others = new Set(named.filter((name) => !usual.has(name)));
  if (others.size === 0) return lines;
  return lines
    .split("\r\n")
    .filter((line) => line !== "" && !others.has(line.slice(0, line.indexOf(":")).toLowerCase()))
    .map((line) => `${line}\r\n`)
    .join("");
}
