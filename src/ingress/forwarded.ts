/** What a backend is told of the client. Rule: ingress-nginx' headers, where nothing that the client says of itself is believed. */
import type { ClientFacts } from "./front.ts";
import type { RequestHead } from "./http1/head.ts";

/** Lines of headers, each with its end. */
export function forwardedLines(head: RequestHead, client: ClientFacts, requestId: string): string {
  const scheme = client.secure ? "https" : "http";
  const before = head.forwardedFor === undefined ? "" : `X-Original-Forwarded-For: ${head.forwardedFor}\r\n`;
  return `X-Request-ID: ${requestId}\r\nX-Real-IP: ${client.address}\r\nX-Forwarded-For: ${client.address}\r\nX-Forwarded-Host: ${head.authority}\r\nX-Forwarded-Port: ${client.port}\r\nX-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Scheme: ${scheme}\r\nX-Scheme: ${scheme}\r\n${before}`;
}

/** The head of the request to the backend, in HTTP/1.1. */
export function requestText(head: RequestHead, target: string, client: ClientFacts, requestId: string): string {
  const { framing, upgrade } = head;
  let text = `${head.method} ${target} HTTP/1.1\r\nHost: ${head.authority}\r\n${forwardedLines(head, client, requestId)}${head.lines}`;
  if (framing.type === "length") text += `Content-Length: ${framing.length}\r\n`;
  else if (framing.type === "chunked") text += "Transfer-Encoding: chunked\r\n";
  else if (head.method === "POST" || head.method === "PUT" || head.method === "PATCH") text += "Content-Length: 0\r\n";
  return `${text}${upgrade === undefined ? "" : `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`}\r\n`;
}
