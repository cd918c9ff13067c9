/** The HTTP side of an upgrade: which protocol the client asks for, and the answers written to the bare socket. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { StatusError } from "../../machinery/status-error.ts";

/** What the connection may become. */
export type Upgrade = "websocket" | "spdy";

/** @throws StatusError BadRequest when the request asks for neither, in the words of Kubernetes. */
export function requestedUpgrade(request: IncomingMessage): Upgrade {
  const upgrade = (request.headers.upgrade ?? "").toLowerCase();
  if (upgrade === "websocket") return "websocket";
  if (upgrade === "spdy/3.1") return "spdy";
  throw upgradeRequired();
}

/** What a request without an upgrade to something known is answered with. */
export function upgradeRequired(): StatusError {
  return StatusError.badRequest("Upgrade request required");
}

/** The values of a header that may be given several times, or once with commas. */
export function headerList(request: IncomingMessage, name: string): string[] {
  const value = request.headers[name];
  const joined = Array.isArray(value) ? value.join(",") : (value ?? "");
  return joined
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/**
 * The first protocol in the client's order that the server speaks too.
 * @param fallback what a client that names none gets; absent where naming one is required.
 * @throws StatusError Forbidden when there is none in common (k8s.io/apimachinery `pkg/util/httpstream`).
 */
export function negotiate(asked: readonly string[], spoken: readonly string[], fallback?: string): string {
  if (asked.length === 0 && fallback !== undefined) return fallback;
  const found = asked.find((protocol) => spoken.includes(protocol));
  if (found) return found;
  throw new StatusError(
    403,
    "Forbidden",
    `unable to upgrade: unable to negotiate protocol: client supports [${asked.join(" ")}], server accepts [${spoken.join(" ")}]`,
  );
}

/** Tells the client that the connection speaks SPDY/3.1 from the next byte on. */
export function acceptSpdy(socket: Duplex, protocol: string): void {
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Connection: Upgrade",
    "Upgrade: SPDY/3.1",
    `X-Stream-Protocol-Version: ${protocol}`,
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
}

/** Answers a request that was to be upgraded with an error, and closes the connection. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status = StatusError.from(error).toStatus();
  const body = Buffer.from(`${JSON.stringify(status)}\n`);
  const lines = [
    `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code] ?? "Error"}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  socket.on("error", () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]), () => socket.destroy());
}

/** Answers a request without an upgrade with an error. */
export function answerError(response: ServerResponse, error: unknown): void {
  const status = StatusError.from(error).toStatus();
  const body = Buffer.from(`${JSON.stringify(status)}\n`);
  response.writeHead(status.code, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}
