/** From an authorized request to its answer: which file answers what. */
import { StatusError } from "../../machinery/status-error.ts";
import type { ServedKind } from "../api.ts";
import type { Connector, ConnectRequest } from "../streams/connector.ts";
import { customResourceDefinitions } from "./custom-resources.ts";
import type { Exchange, HttpParts, ResourceExchange } from "./exchange.ts";
import { answerOther, type OtherParts } from "./other-requests.ts";
import type { ResourceRequest } from "./request-info.ts";
import { answerResource } from "./resource-requests.ts";
import { sendJson, sendText } from "./responses.ts";
import { answerSubresource } from "./subresource-requests.ts";

/** By `pods/exec`, `pods/log`, … */
export type Connectors = Readonly<Record<string, Connector>>;

export interface AnswerParts extends HttpParts, OtherParts {
  connectors: Connectors;
}

/** Sends the whole answer. @throws StatusError where nothing was sent yet. */
export async function answer(parts: AnswerParts, exchange: Exchange): Promise<void> {
  const { info, request, response } = exchange;
  if (!info.isResource) return answerOther(parts, exchange);
  const kind = servedKind(parts, info);
  if (kind === "no such group") {
    const none = customResourceDefinitions(info);
    if (none) return sendJson(request, response, 200, JSON.stringify(none));
    return sendText(response, 404, "404 page not found\n");
  }
  const about: ResourceExchange = { ...exchange, info, kind };
  if (info.subresource === undefined) return answerResource(parts, about);
  const connection = connectionOf(parts, about);
  if (connection) return connection.connector.handle(connection.request, response);
  return answerSubresource(parts, about, info.subresource);
}

function servedKind({ api }: AnswerParts, { group, version, resource }: ResourceRequest): ServedKind | "no such group" {
  const kind = api.served(group, version, resource);
  if (kind) return kind;
  if (api.allServed().some((other) => other.group === group && other.version === version)) {
    throw StatusError.noSuchResource();
  }
  return "no such group";
}

export interface Connection {
  connector: Connector;
  request: ConnectRequest;
}

/**
 * The connector of a request for a stream; undefined when it is for none.
 * @throws StatusError MethodNotAllowed.
 */
export function connectionOf({ connectors }: AnswerParts, exchange: ResourceExchange): Connection | undefined {
  const { info, kind, request, user } = exchange;
  const { namespace, resource, name, subresource } = info;
  if (namespace === undefined || name === undefined || subresource === undefined) return undefined;
  const part = kind.definition.subresources?.[subresource];
  const connector = connectors[`${resource}/${subresource}`];
  if (part?.type !== "connect" || !connector) return undefined;
  if (!part.methods.includes(request.method ?? "")) throw StatusError.methodNotAllowed();
  return { connector, request: { namespace, name, query: info.query, user, raw: request } };
}

/** Of an exchange whose connection is to be upgraded: the kind served, if any. */
export function resourceExchange(parts: AnswerParts, exchange: Exchange): ResourceExchange | undefined {
  const { info } = exchange;
  if (!info.isResource) return undefined;
  const kind = servedKind(parts, info);
  return kind === "no such group" ? undefined : { ...exchange, info, kind };
}
