/** One request on its way through the API server, and the answer to it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ObjectKey } from "../../machinery/object.ts";
import type { SchemaSource } from "../../machinery/schema/schema.ts";
import type { Api, RequestContext, ServedKind, User } from "../api.ts";
import type { OtherRequest, ResourceRequest } from "./request-info.ts";

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  info: ResourceRequest | OtherRequest;
  user: User;
  /** Texts of the `Warning` headers that the answer will carry. */
  warnings: string[];
}

/** What requests are answered from. */
export interface HttpParts {
  api: Api;
  /** Of everything that may be sent. */
  schemas: SchemaSource;
  /** Milliseconds since the epoch, for the ages in tables. */
  now: () => number;
  /** Watches under way; each is aborted when the server closes. */
  streams: Set<AbortController>;
}

/** An exchange about a resource that is served. */
export interface ResourceExchange extends Exchange {
  info: ResourceRequest;
  kind: ServedKind;
}

export function keyOf({ namespace, name = "" }: ResourceRequest): ObjectKey {
  return { ...(namespace !== undefined && { namespace }), name };
}

/** How the API is to do what the exchange asks for. */
export function contextOf(
  { user, warnings }: ResourceExchange,
  options: Omit<RequestContext, "user" | "warn">,
): RequestContext {
  return { ...options, user, warn: (text) => void warnings.push(text) };
}

/** A path besides those of the Kubernetes API: `POST /apply`. The caller has been authenticated and authorized. */
export interface ExtraRoute {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Exact, or ending in `/*`. */
  path: string;
  /** Sends the answer. What it throws is answered as a `Status`. */
  handle(exchange: Exchange): Promise<void>;
}
