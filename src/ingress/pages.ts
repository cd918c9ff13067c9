/** What the controller answers itself: short, and with the command that tells more. */
import { STATUS_CODES } from "node:http";
import type { ResponseHead } from "./http1/head.ts";

export interface Page {
  status: number;
  /** Further lines of headers, each with its end. */
  lines: string;
  body: string;
}

function page(status: number, ...sentences: string[]): Page {
  const lines = "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n";
  return { status, lines, body: `${status} ${STATUS_CODES[status] ?? ""}\n${sentences.join("\n")}\n` };
}

/** @param length of the body, in bytes. @param isHead the request was HEAD, so none comes. */
export function responseHeadOf({ status, lines }: Page, length: number, isHead: boolean): ResponseHead {
  return {
    status,
    reason: STATUS_CODES[status] ?? "",
    minor: 1,
    lines: `${lines}Content-Length: ${length}\r\n`,
    framing: isHead ? { type: "none" } : { type: "length", length },
    keepAlive: true,
  };
}

/** Shown as text; still, what the client sent is cut to what is printed safely. */
const printable = (text: string): string => text.slice(0, 200).replaceAll(/[^\x20-\x7e]/g, "?");

const [namespaceOf, nameOf] = [0, 1].map((part) => (key: string) => key.split("/")[part] ?? "") as [
  (key: string) => string,
  (key: string) => string,
];

export const pages = {
  noRoute: (host: string, path: string): Page =>
    page(
      404,
      `No Ingress has a rule for the host ${printable(host) || "(none)"} and the path ${printable(path)}, and none a default backend.`,
      "See: kubectl get ingress --all-namespaces",
    ),
  noService: (service: string, port: number | string, owner: string): Page =>
    page(
      503,
      `The Service ${service} does not exist, or has no port ${port}.`,
      `See: kubectl describe ingress ${nameOf(owner)} --namespace ${namespaceOf(owner)}`,
    ),
  noEndpoint: (service: string): Page =>
    page(
      503,
      `No endpoint of the Service ${service} is ready.`,
      `See: kubectl get endpointslices --namespace ${namespaceOf(service)} -l kubernetes.io/service-name=${nameOf(service)}`,
    ),
  noBackend: (owner: string): Page =>
    page(503, `The backend that Ingress ${owner} names here is not a Service, which is not supported.`),
  noUsers: (owner: string): Page =>
    page(
      503,
      `The Secret with the users of Ingress ${owner} is missing.`,
      `See: kubectl describe ingress ${nameOf(owner)} --namespace ${namespaceOf(owner)}`,
    ),
  unauthorized(realm: string): Page {
    const denied = page(401, "This needs a user's name and password.");
    return { ...denied, lines: `${denied.lines}WWW-Authenticate: Basic realm="${realm}"\r\n` };
  },
  tooLarge: (limit: number): Page => page(413, `A request's body may have ${limit} bytes here.`),
  refused: (service: string): Page =>
    page(
      502,
      `The endpoints of the Service ${service} refuse connections: do its Pods listen on the port that it names?`,
    ),
  badAnswer: (service: string): Page => page(502, `An endpoint of the Service ${service} gave no answer in HTTP.`),
  timeout: (service: string): Page => page(504, `The endpoints of the Service ${service} did not answer in time.`),
  bad: (status: number, why: string): Page => page(status, `${why}.`),
  redirect(location: string): Page {
    const moved = page(308, `This is at ${printable(location)}`);
    return { ...moved, lines: `${moved.lines}Location: ${location}\r\n` };
  },
};
