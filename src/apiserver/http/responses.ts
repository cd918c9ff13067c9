/** Writes answers. Every answer that is not a stream leaves through here. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { type Status, StatusError } from "../../machinery/status-error.ts";

const compress = promisify(gzip);

/** Smaller answers are sent as they are: Kubernetes' own limit. */
const gzipFrom = 128 * 1024;

export type Headers = Record<string, string | string[]>;

/**
 * Sends JSON text. Large answers are compressed where the client allows it; those that people look at (`?pretty`, curl,
 * browsers) are indented.
 */
export async function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  json: string,
  headers: Headers = {},
): Promise<void> {
  const text = wantsPretty(request) ? JSON.stringify(JSON.parse(json), undefined, 2) : json;
  const body = `${text}\n`;
  const type = { "Cache-Control": "no-cache, private", "Content-Type": "application/json", ...headers };
  if (body.length < gzipFrom || !acceptsGzip(request)) {
    response.writeHead(code, { ...type, "Content-Length": Buffer.byteLength(body) });
    // Node writes headers together with a text in UTF-8, alone in Latin-1: the bytes of a Warning bear only the latter.
    response.end("Warning" in headers ? Buffer.from(body) : body);
    return;
  }
  const compressed = await compress(body, { level: constants.Z_BEST_SPEED });
  response.writeHead(code, {
    ...type,
    "Content-Encoding": "gzip",
    Vary: "Accept-Encoding",
    "Content-Length": compressed.length,
  });
  response.end(compressed);
}

export async function sendYaml(response: ServerResponse, code: number, json: string, headers: Headers): Promise<void> {
  const { stringify } = await import("yaml");
  const body = stringify(JSON.parse(json), { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
  response.writeHead(code, { "Cache-Control": "no-cache, private", "Content-Type": "application/yaml", ...headers });
  response.end(Buffer.from(body));
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "X-Content-Type-Options": "nosniff",
  });
  response.end(text);
}

/** Any error as a `Status`. Ends the connection's answer even when its beginning has left already. */
export async function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  headers: Headers = {},
): Promise<void> {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = StatusError.from(error).toStatus();
  await sendStatus(request, response, status, headers);
}

export function sendStatus(
  request: IncomingMessage,
  response: ServerResponse,
  status: Status,
  headers: Headers = {},
): Promise<void> {
  const { retryAfterSeconds } = status.details ?? {};
  return sendJson(request, response, status.code, JSON.stringify(status), {
    ...headers,
    ...(retryAfterSeconds !== undefined && { "Retry-After": String(retryAfterSeconds) }),
  });
}

/**
 * `Warning` headers (RFC 7234, 5.5), which kubectl prints on stderr.
 * @returns nothing where there are no warnings.
 */
export function warningHeaders(warnings: readonly string[]): Headers {
  if (warnings.length === 0) return {};
  return { Warning: [...new Set(warnings)].map((text) => `299 - ${quoted(text)}`) };
}

function quoted(text: string): string {
  const clean = text.replaceAll(/\p{Cc}/gu, " ").replaceAll(/["\\]/g, "\\$&");
  // Header values are bytes: UTF-8 is what clients take them for.
  return `"${Buffer.from(clean, "utf8").toString("latin1")}"`;
}

function acceptsGzip(request: IncomingMessage): boolean {
  return /\bgzip\b/.test(request.headers["accept-encoding"]?.toString() ?? "");
}

function wantsPretty(request: IncomingMessage): boolean {
  const url = request.url ?? "";
  const asked = url.includes("pretty=") ? /[?&]pretty=([^&]*)/.exec(url)?.[1] : undefined;
  if (asked !== undefined) return /^(1|t|true)$/i.test(asked);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers["user-agent"] ?? "");
}
