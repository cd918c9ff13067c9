/** A request's head between HTTP/2 and the lines of HTTP/1.1. Rule: RFC 9113 section 8.3. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import { forwardedLines } from "../forwarded.ts";
import type { ClientFacts } from "../front.ts";
import { BadMessage, parseRequestHead, type RequestHead } from "../http1/head.ts";
import { headersOf, linesOf } from "./headers.ts";

/**
 * @param headers as the stream brings them. @param hasBody false when the stream ended with its headers.
 * @throws BadMessage
 */
export function requestHeadOf(headers: IncomingHttpHeaders, hasBody: boolean): RequestHead {
  const method = headers[":method"] ?? "";
  const path = headers[":path"] ?? "";
  const authority = headers[":authority"] ?? headers.host ?? "";
  const pairs: string[] = ["Host", authority];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || name === "host" || value === undefined) continue;
    // Pieces of one cookie header may come apart.
    const joined = Array.isArray(value) ? value.join(name === "cookie" ? "; " : ", ") : value;
    pairs.push(name, joined);
  }
  const text = `${method} ${path} HTTP/1.1\r\n${linesOf(pairs)}`;
  if (/[\r\n\0 ]/.test(method + path)) throw new BadMessage("the request line is not one of HTTP");
  const head = parseRequestHead(text.slice(0, -2));
  const framing = !hasBody
    ? ({ type: "none" } as const)
    : head.framing.type === "length"
      ? head.framing
      : ({ type: "chunked" } as const);
  const { upgrade: _, ...rest } = head;
  return { ...rest, framing };
}

/** The request to a backend that speaks HTTP/2. gRPC needs to hear that trailers are understood. */
export function forwardedHeaders(
  head: RequestHead,
  target: string,
  client: ClientFacts,
  requestId: string,
): OutgoingHttpHeaders {
  const { framing } = head;
  return {
    ...headersOf(forwardedLines(head, client, requestId) + head.lines),
    ...(framing.type === "length" && { "content-length": framing.length }),
    te: "trailers",
    ":method": head.method,
    ":path": target,
    ":scheme": client.secure ? "https" : "http",
    ":authority": head.authority,
  };
}
