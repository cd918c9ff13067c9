/** `pods/proxy` and `services/proxy`: requests passed on to a port of a Pod, and connections that are upgraded there. */
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, STATUS_CODES } from "node:http";
import { request as httpsRequest } from "node:https";
import { pipeline } from "node:stream/promises";
import { StatusError } from "../../machinery/status-error.ts";
import type { StreamDependencies } from "./command-connector.ts";
import type { Connector, ConnectRequest } from "./connector.ts";
import { type ProxyTarget, podTarget, serviceTarget } from "./proxy-target.ts";
import { untilClosed } from "./until-closed.ts";
import { answerError, refuseUpgrade } from "./upgrade.ts";

/** Headers about one connection only (RFC 9110, 7.6.1), and the one that is for this server alone. */
const ownHeaders = (
  "connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade " +
  "authorization host"
).split(" ");

export function podProxyConnector({ client }: Pick<StreamDependencies, "client">): Connector {
  return proxyConnector(({ namespace, name }) => podTarget(client, namespace, name));
}

export function serviceProxyConnector({ client }: Pick<StreamDependencies, "client">): Connector {
  return proxyConnector(({ namespace, name }) => serviceTarget(client, namespace, name, Math.random()));
}

function proxyConnector(targetOf: (request: ConnectRequest) => ProxyTarget): Connector {
  return {
    async handle(request, response) {
      try {
        const redirect = slashRedirect(request.raw);
        if (redirect) {
          response.writeHead(301, { location: redirect });
          response.end();
          return;
        }
        const answer = await send(request.raw, targetOf(request), "close");
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedOn(answer.headers));
        // Whoever breaks off, the other end can only be told by the connection.
        await pipeline(answer, response).catch(() => response.destroy());
      } catch (error) {
        answerError(response, error);
      }
    },
    async upgrade(request, socket, head) {
      const over = untilClosed(socket);
      try {
        await passUpgrade(request, targetOf(request), socket, head, over);
      } catch (error) {
        refuseUpgrade(socket, error);
      }
    },
  };
}

/** Relative links in a page work only below a path that ends with a slash. */
function slashRedirect({ method, url = "" }: IncomingMessage): string | undefined {
  const [path = "", query] = url.split("?", 2);
  if ((method !== "GET" && method !== "HEAD") || !path.endsWith("/proxy")) return undefined;
  return `${path}/${query === undefined ? "" : `?${query}`}`;
}

/** The path behind `/proxy`, with the query. */
function pathBehind(url: string): string {
  const rest = url.replace(/^.*?\/(?:pods|services)\/[^/]+\/proxy/, "");
  return rest.startsWith("/") ? rest : `/${rest}`;
}

function passedOn(headers: IncomingMessage["headers"]): OutgoingHttpHeaders {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  const passed = Object.entries(headers).filter(([name]) => !ownHeaders.includes(name) && !named.includes(name));
  return Object.fromEntries(passed);
}

/** @throws StatusError ServiceUnavailable when nobody answers. */
function send(raw: IncomingMessage, target: ProxyTarget, connection: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = outgoingRequest(raw, target, { connection });
    outgoing.once("response", resolve);
    outgoing.once("error", (error) => reject(unreachable(error)));
    raw.once("close", () => {
      if (!raw.complete) outgoing.destroy();
    });
    raw.pipe(outgoing);
  });
}

function outgoingRequest(raw: IncomingMessage, target: ProxyTarget, extra: OutgoingHttpHeaders) {
  const { scheme, host, port } = target;
  const forwardedFor = [raw.headers["x-forwarded-for"], raw.socket.remoteAddress].filter(Boolean).join(", ");
  const options = {
    host,
    port,
    method: raw.method,
    path: pathBehind(raw.url ?? "/"),
    headers: {
      ...passedOn(raw.headers),
      host: `${host}:${port}`,
      ...(forwardedFor && { "x-forwarded-for": forwardedFor }),
      ...(raw.headers["transfer-encoding"] && { "transfer-encoding": "chunked" }),
      ...extra,
    },
    agent: false,
  } as const;
  // A Pod has a certificate of its own making, if any: Kubernetes does not verify it here either.
  return scheme === "https" ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
}

async function passUpgrade(
  { raw }: ConnectRequest,
  target: ProxyTarget,
  socket: Parameters<NonNullable<Connector["upgrade"]>>[1],
  head: Buffer,
  over: AbortSignal,
): Promise<void> {
  const outgoing = outgoingRequest(raw, target, { connection: "Upgrade", upgrade: raw.headers.upgrade });
  over.addEventListener("abort", () => outgoing.destroy(), { once: true });
  outgoing.end();
  const [answer, upstream, first] = await new Promise<[IncomingMessage, typeof socket | undefined, Buffer]>(
    (resolve, reject) => {
      outgoing.once("upgrade", (response, connection, bytes) => resolve([response, connection, bytes]));
      outgoing.once("response", (response) => resolve([response, undefined, Buffer.alloc(0)]));
      outgoing.once("error", (error) => reject(unreachable(error)));
    },
  );
  socket.write(responseHead(answer));
  if (!upstream) {
    await pipeline(answer, socket).catch(() => socket.destroy());
    return;
  }
  upstream.on("error", () => {});
  if (first.length > 0) upstream.unshift(first);
  if (head.length > 0) socket.unshift(head);
  // A pipeline each way makes more listeners than Node thinks right, and it would write so into the log.
  for (const end of [socket, upstream]) end.setMaxListeners(0);
  await Promise.all([
    pipeline(socket, upstream).catch(() => upstream.destroy()),
    pipeline(upstream, socket).catch(() => socket.destroy()),
  ]);
}

/** Status line and headers; without an upgrade the connection is closed after the body. */
function responseHead(answer: IncomingMessage): string {
  const code = answer.statusCode ?? 502;
  const headers = Object.entries(passedOn(answer.headers)).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [String(value)]).map((item) => `${name}: ${item}`),
  );
  const connection =
    code === 101 ? ["Connection: Upgrade", `Upgrade: ${answer.headers.upgrade}`] : ["Connection: close"];
  const statusLine = `HTTP/1.1 ${code} ${answer.statusMessage ?? STATUS_CODES[code] ?? ""}`;
  return `${[statusLine, ...connection, ...headers].join("\r\n")}\r\n\r\n`;
}

function unreachable(error: Error): StatusError {
  return StatusError.serviceUnavailable(`error trying to reach service: ${error.message}`);
}
