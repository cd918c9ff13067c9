/** What becomes of a request, as far as its head tells: a page of our own, or a backend that is asked. */
import type { IngressOptions } from "../machinery/ingress-annotations.ts";
import type { BackendState } from "./backends.ts";
import type { ClientFacts } from "./front.ts";
import type { Gateway } from "./gateway.ts";
import type { RequestHead } from "./http1/head.ts";
import { matchingPath, rewrittenTarget } from "./match.ts";
import { type Page, pages } from "./pages.ts";
import type { Route } from "./routes.ts";
import { authenticate } from "./users.ts";

interface Known {
  route?: Route;
  /** Who has shown a password. */
  user?: string;
}

export interface AnswerHere extends Known {
  page: Page;
}

export interface AskBackend extends Known {
  page?: undefined;
  route: Route;
  backend: BackendState;
  /** `namespace/name` */
  service: string;
  /** Path and query for the backend. */
  target: string;
}

export function decide(gateway: Gateway, client: ClientFacts, head: RequestHead): AnswerHere | AskBackend {
  const { host, target } = head;
  const query = target.indexOf("?");
  const path = matchingPath(query < 0 ? target : target.slice(0, query));
  if (path === undefined) return { page: pages.bad(400, "The path is not well formed") };
  const isLocal = client.address.startsWith("127.") || client.address === "::1";
  const route = gateway.route(host, path, isLocal);
  if (!route) return { page: pages.noRoute(host, path) };
  const { options, backend, users } = route;
  if (route.toHttps && !client.secure) return { page: redirection(gateway.httpsPort, head), route };
  if (users === "missing") return { page: pages.noUsers(route.owner), route };
  const user = users && authenticate(users, head.authorization);
  if (users && user === undefined) return { page: pages.unauthorized(options.authRealm), route };
  const known = user === undefined ? { route } : { route, user };
  const tooLarge = refusalOfBody(options, head);
  if (tooLarge) return { page: tooLarge, ...known };
  if (!backend) return { page: pages.noBackend(route.owner), ...known };
  const state = gateway.backends.get(backend, options.protocol);
  if (!state) return { page: pages.noService(backend.service, backend.port, route.owner), ...known };
  if (state.size === 0) return { page: pages.noEndpoint(backend.service), ...known };
  const asked: AskBackend = {
    route,
    backend: state,
    service: backend.service,
    target: rewrittenTarget(route, target, path),
  };
  // Not by a spread, which takes as long as a tenth of all that is done here for a request.
  if (user !== undefined) asked.user = user;
  return asked;
}

function redirection(httpsPort: number, { host, authority, target }: RequestHead): Page {
  return pages.redirect(`https://${host || authority}${httpsPort === 443 ? "" : `:${httpsPort}`}${target}`);
}

function refusalOfBody({ bodyLimit }: IngressOptions, { framing }: RequestHead): Page | undefined {
  const isTooLarge = bodyLimit !== undefined && framing.type === "length" && framing.length > bodyLimit;
  return isTooLarge ? pages.tooLarge(bodyLimit) : undefined;
}
