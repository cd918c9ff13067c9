/** Paths that are no resource: discovery, OpenAPI, version, health. */
import { promisify } from "node:util";
import { gunzip as gunzipInto } from "node:zlib";
import type { Api } from "../api.ts";
import { aggregatedContentType, aggregatedVersionOf, groupDiscoveryList } from "./aggregated-discovery.ts";
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from "./discovery.ts";
import type { Exchange } from "./exchange.ts";
import { type HealthCheck, health } from "./health.ts";
import { negotiate, notAcceptable, parseAccept } from "./media-types.ts";
import type { OpenApiDocument, OpenApiDocuments } from "./openapi/documents.ts";
import { askedProtobuf, openApi2Protobuf } from "./openapi/v2-protobuf.ts";
import { type Headers, sendJson, sendText, sendYaml } from "./responses.ts";
import { type ServedGroup, servedGroups } from "./served-groups.ts";
import { versionInfo } from "./version.ts";

const gunzip = promisify(gunzipInto);

export interface OtherParts {
  api: Api;
  openApi: OpenApiDocuments;
  health: readonly HealthCheck[];
}

/** Answers everything that is not about a resource, unknown paths included. */
export async function answerOther(parts: OtherParts, exchange: Exchange): Promise<void> {
  const { info, request, response } = exchange;
  const [first, ...rest] = info.path.split("/").filter((part) => part !== "");
  if (request.method !== "GET" && request.method !== "HEAD") return notFound(parts, exchange);
  if (first === "version" && rest.length === 0) return send(exchange, versionInfo());
  if (first === "healthz" || first === "livez" || first === "readyz") {
    const answer = rest.length > 1 ? undefined : health(first, parts.health, info.query, rest[0]);
    return answer ? sendText(response, answer.code, answer.text) : notFound(parts, exchange);
  }
  if (first === "openapi") return answerOpenApi(parts, exchange, rest);
  if (first === "api" || first === "apis") return answerDiscovery(parts, exchange, first, rest);
  return notFound(parts, exchange);
}

function answerDiscovery(parts: OtherParts, exchange: Exchange, root: "api" | "apis", rest: string[]): Promise<void> {
  const groups = servedGroups(parts.api.allServed());
  const aggregated = rest.length === 0 ? aggregatedVersionOf(exchange.request.headers.accept) : undefined;
  if (aggregated) {
    const wanted = groups.filter(({ group }) => (group === "") === (root === "api"));
    return send(exchange, groupDiscoveryList(wanted, aggregated), {
      "Content-Type": aggregatedContentType(aggregated),
      Vary: "Accept",
    });
  }
  const document = discoveryDocument(groups, exchange, root, rest);
  if (document) return send(exchange, document);
  return Promise.resolve(sendText(exchange.response, 404, "404 page not found\n"));
}

function discoveryDocument(
  groups: readonly ServedGroup[],
  { request }: Exchange,
  root: "api" | "apis",
  rest: string[],
) {
  const [first, second, ...more] = rest;
  if (root === "api") {
    if (first === undefined) return apiVersions(groups, request.headers.host ?? "");
    return second === undefined ? apiResourceList(groups, "", first) : undefined;
  }
  if (first === undefined) return apiGroupList(groups);
  if (second === undefined) return apiGroup(groups, first);
  return more.length === 0 ? apiResourceList(groups, first, second) : undefined;
}

async function answerOpenApi(parts: OtherParts, exchange: Exchange, [version, ...rest]: string[]): Promise<void> {
  const kinds = parts.api.allServed();
  const { accept } = exchange.request.headers;
  if (version === "v2" && rest.length === 0) {
    const type = preferred(accept, ["application/json", openApi2Protobuf, askedProtobuf]);
    if (type === "application/json") return sendDocument(exchange, parts.openApi.v2(kinds, "json"), type);
    return sendDocument(exchange, parts.openApi.v2(kinds, "protobuf"), openApi2Protobuf);
  }
  if (version !== "v3") return notFound(parts, exchange);
  if (rest.length === 0) return send(exchange, parts.openApi.index(kinds));
  const document = parts.openApi.v3(kinds, rest.join("/"));
  if (!document) return notFound(parts, exchange);
  return sendDocument(exchange, document, preferred(accept, ["application/json"]));
}

/** The first of the client's media types that can be had. @throws StatusError NotAcceptable. */
function preferred(accept: string | undefined, offered: readonly string[]): string {
  for (const { type } of parseAccept(accept || "*/*")) {
    const found = type === "*/*" || type === "application/*" ? offered[0] : offered.find((one) => one === type);
    if (found) return found;
  }
  throw notAcceptable("406: Not Acceptable");
}

async function sendDocument(
  { request, response, info }: Exchange,
  { gzipped, hash }: OpenApiDocument,
  type: string,
): Promise<void> {
  const tag = `"${hash}"`;
  const headers = {
    "Content-Type": type,
    ETag: tag,
    // A URL that names the hash will never mean another text.
    "Cache-Control": info.query.get("hash") === hash ? "public, immutable" : "no-cache, private",
    Vary: "Accept, Accept-Encoding",
  };
  if (request.headers["if-none-match"] === tag) {
    response.writeHead(304, headers).end();
    return;
  }
  if (/\bgzip\b/.test(request.headers["accept-encoding"]?.toString() ?? "")) {
    response.writeHead(200, { ...headers, "Content-Encoding": "gzip", "Content-Length": gzipped.length });
    response.end(gzipped);
    return;
  }
  response.writeHead(200, headers).end(await gunzip(gzipped));
}

/** As Kubernetes: a path that nobody serves is answered with all that are. */
function notFound(parts: OtherParts, exchange: Exchange): Promise<void> {
  const groups = servedGroups(parts.api.allServed());
  const paths = groups.flatMap(({ group, versions }) => {
    const root = group ? `/apis/${group}` : "/api";
    return [root, ...versions.map(({ version }) => `${root}/${version}`)];
  });
  const fixed = ["/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"];
  const code = exchange.info.path === "/" && exchange.request.method === "GET" ? 200 : 404;
  return send(exchange, { paths: [...new Set([...paths, ...fixed])].sort() }, {}, code);
}

function send({ request, response }: Exchange, document: object, headers: Headers = {}, code = 200): Promise<void> {
  const json = JSON.stringify(document);
  const { accept } = request.headers;
  const yaml = accept === "application/yaml" && negotiate(accept).encoding === "yaml";
  return yaml ? sendYaml(response, code, json, headers) : sendJson(request, response, code, json, headers);
}
