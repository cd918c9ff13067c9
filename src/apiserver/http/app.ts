/**
 * The Fastify application behind every listener. One catch-all route: what is served is data (the kinds), so paths are taken
 * apart by `request-info.ts`; Fastify brings the hooks, the extra routes and the handling of what goes wrong before a
 * handler runs.
 */
import type { IncomingMessage } from "node:http";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "../../machinery/log.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { authenticate, type VerifyToken } from "../authentication.ts";
import { allowedToAll, authorize } from "../authorization.ts";
import { type AnswerParts, answer } from "./answer.ts";
import type { Exchange, ExtraRoute } from "./exchange.ts";
import { parseRequestInfo, type RequestInfo } from "./request-info.ts";
import { sendError, warningHeaders } from "./responses.ts";

export interface AppParts extends AnswerParts {
  verifyToken: VerifyToken;
  routes: readonly ExtraRoute[];
  log: Logger;
}

const anonymous = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/**
 * Who asks for what.
 * @throws StatusError Unauthorized, Forbidden; BadRequest for a path that cannot be read.
 */
export function admit(
  request: IncomingMessage,
  verifyToken: VerifyToken,
): { info: RequestInfo; user: Exchange["user"] } {
  let info: RequestInfo;
  try {
    info = parseRequestInfo(request.method ?? "GET", request.url ?? "/");
  } catch {
    throw StatusError.badRequest(`the path ${JSON.stringify(request.url)} is not properly percent-encoded`);
  }
  const user = authenticate(request, verifyToken);
  if (!user && !allowedToAll(info)) throw StatusError.unauthorized();
  if (user) authorize(user, info);
  return { info, user: user ?? anonymous };
}

/** Ready to be used as a listener for requests: `app.routing`. */
export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    genReqId: () => "",
    // A path that cannot be decoded.
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
    routerOptions: { maxParamLength: 10_000 },
  });
  // Bodies are read where they are understood; streams are handed over unread.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply));

  const answering =
    (respond: (exchange: Exchange) => Promise<void>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      reply.hijack();
      await exchangeOf(parts, request.raw, reply.raw, respond);
    };
  for (const route of parts.routes) {
    const handler = answering((exchange) => route.handle(exchange));
    app.route({ method: route.method, url: route.path, handler });
  }
  for (const [url, allowed] of methodsByPath(parts.routes)) {
    const handler = answering(async ({ response }) => {
      response.setHeader("Allow", allowed.join(", "));
      throw StatusError.methodNotAllowed();
    });
    app.route({ method: app.supportedMethods.filter((method) => !allowed.includes(method)), url, handler });
  }
  app.all(
    "/*",
    answering((exchange) => answer(parts, exchange)),
  );
  await app.ready();
  return app;
}

function methodsByPath(routes: readonly ExtraRoute[]): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes) methods.set(path, [...(methods.get(path) ?? []), method]);
  return methods;
}

/** Runs one exchange to its end: whatever goes wrong is answered. Never rejects. */
export async function exchangeOf(
  parts: Pick<AppParts, "verifyToken" | "log">,
  request: Exchange["request"],
  response: Exchange["response"],
  respond: (exchange: Exchange) => Promise<void>,
): Promise<void> {
  const warnings: string[] = [];
  try {
    await respond({ ...admit(request, parts.verifyToken), request, response, warnings });
  } catch (error) {
    if (!(error instanceof StatusError)) parts.log.error({ err: error, url: request.url }, "a request failed");
    await sendError(request, response, error, warningHeaders(warnings));
  }
}

async function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.hijack();
  const { message } = error instanceof Error ? error : new Error(String(error));
  await sendError(request.raw, reply.raw, error instanceof StatusError ? error : StatusError.badRequest(message));
}
