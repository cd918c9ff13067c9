/** HTTP probes. Rule: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#http-probes */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { causeOf, dialError, type Outcome } from "./outcome.ts";

export interface HttpTarget {
  scheme: "http" | "https";
  address: string;
  port: number;
  path: string;
  headers: readonly { name: string; value: string }[];
  /** Address of this host that the connection comes from; undefined: as the routes say. */
  from?: string;
}

const longestBody = 10 * 1024;
const mostRedirects = 10;

function urlOf({ scheme, address, port, path }: HttpTarget): URL {
  const standard = (scheme === "http" && port === 80) || (scheme === "https" && port === 443);
  return new URL(path.startsWith("/") ? path : `/${path}`, `${scheme}://${address}${standard ? "" : `:${port}`}`);
}

/** The URL as Go prints it in errors, which keeps the port it was given. */
function printUrl({ scheme, address, port }: HttpTarget, url: URL): string {
  return `${scheme}://${address}:${port}${url.pathname}${url.search}`;
}

function headersOf(target: HttpTarget): Record<string, string> {
  const headers: Record<string, string> = { "User-Agent": "kube-probe/1.33", Accept: "*/*", Connection: "close" };
  for (const { name, value } of target.headers) {
    // Header names are equal whatever their case: a chosen one replaces ours.
    const present = Object.keys(headers).find((key) => key.toLowerCase() === name.toLowerCase());
    if (present) delete headers[present];
    if (value !== "") headers[name] = value;
  }
  return headers;
}

/** Succeeds on a status from 200 to 399; redirects are followed on the same host only. */
export async function probeHttp(target: HttpTarget, timeoutMs: number): Promise<Outcome> {
  const deadline = AbortSignal.timeout(timeoutMs);
  let url = urlOf(target);
  for (let redirects = 0; ; redirects++) {
    const attempt = await get(target, url, deadline);
    if ("result" in attempt) return attempt;
    const { status, location, body } = attempt;
    const next = location && status >= 300 && status < 400 ? new URL(location, url) : undefined;
    if (next && next.hostname !== url.hostname) {
      return { result: "warning", output: `Probe terminated redirects, Response body: ${body}` };
    }
    if (next && redirects === mostRedirects) {
      return { result: "failure", output: `Get "${printUrl(target, url)}": stopped after 10 redirects` };
    }
    if (next) {
      url = next;
      continue;
    }
    if (status >= 200 && status < 400) return { result: "success", output: body };
    return { result: "failure", output: `HTTP probe failed with statuscode: ${status}` };
  }
}

interface Answer {
  status: number;
  location: string | undefined;
  body: string;
}

function get(target: HttpTarget, url: URL, deadline: AbortSignal): Promise<Answer | Outcome> {
  const secure = url.protocol === "https:";
  const options: RequestOptions & { rejectUnauthorized?: boolean } = {
    method: "GET",
    headers: headersOf(target),
    agent: false,
    signal: deadline,
    ...(target.from !== undefined && { localAddress: target.from }),
    // As the kubelet: a probe asks whether the server answers, not who it is.
    ...(secure && { rejectUnauthorized: false }),
  };
  return new Promise((resolve) => {
    let connected = false;
    const request = (secure ? httpsRequest : httpRequest)(url, options, (response) => void read(response, resolve));
    request.on("socket", (socket) => socket.on("connect", () => (connected = true)));
    request.on("error", (error: NodeJS.ErrnoException) => {
      const reason = deadline.aborted
        ? connected
          ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
          : `dial tcp ${target.address}:${target.port}: i/o timeout (Client.Timeout exceeded while awaiting headers)`
        : connected
          ? brokenConnection(error, target)
          : dialError(error, target.address, target.port);
      resolve({ result: "failure", output: `Get "${printUrl(target, url)}": ${reason}`, ...causeOf(error) });
    });
    request.end();
  });
}

function brokenConnection(error: NodeJS.ErrnoException, { address, port }: HttpTarget): string {
  if (error.message === "socket hang up") return "EOF";
  if (error.code === "ECONNRESET") return `read tcp ${address}:${port}: read: connection reset by peer`;
  return error.message;
}

async function read(response: IncomingMessage, resolve: (answer: Answer) => void): Promise<void> {
  let body = "";
  try {
    for await (const chunk of response) {
      body += String(chunk);
      if (body.length >= longestBody) break;
    }
  } catch {
    // The status has been given; the rest of the body is only for show.
  }
  response.destroy();
  resolve({
    status: response.statusCode ?? 0,
    location: response.headers.location,
    body: body.slice(0, longestBody),
  });
}
