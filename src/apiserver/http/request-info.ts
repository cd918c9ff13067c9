/**
 * What a URL of the API asks for, taken apart without looking at what is served.
 * Rule: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris and the attributes of a request at
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
 */

export type RequestVerb =
  | "get"
  | "list"
  | "watch"
  | "create"
  | "update"
  | "patch"
  | "delete"
  | "deletecollection"
  /** Of paths that are no resource: the HTTP method in lower case. */
  | (string & {});

/** A path under `/api/v1` or `/apis/<group>/<version>` that names a resource. */
export interface ResourceRequest {
  isResource: true;
  path: string;
  verb: RequestVerb;
  group: string;
  version: string;
  /** Absent when the path names none. */
  namespace?: string;
  /** Plural name. */
  resource: string;
  name?: string;
  subresource?: string;
  query: URLSearchParams;
}

export interface OtherRequest {
  isResource: false;
  path: string;
  verb: RequestVerb;
  query: URLSearchParams;
}

export type RequestInfo = ResourceRequest | OtherRequest;

const verbs: Readonly<Record<string, RequestVerb>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Parts of a Namespace itself, though they stand where the resources inside it do. */
const namespaceSubresources = new Set(["status", "finalize"]);

const noQuery = new URLSearchParams();

/**
 * @param url path and query as on the request line.
 * @throws URIError when a part of the path is not valid percent-encoding.
 */
export function parseRequestInfo(method: string, url: string): RequestInfo {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 || mark === url.length - 1 ? noQuery : new URLSearchParams(url.slice(mark + 1));
  const other: OtherRequest = { isResource: false, path, verb: method.toLowerCase(), query };

  const parts = splitPath(path);
  let at: number;
  let group = "";
  if (parts[0] === "api") at = 1;
  else if (parts[0] === "apis") {
    group = parts[1] ?? "";
    at = 2;
  } else return other;
  const version = parts[at++];
  if (version === undefined || parts.length <= at) return other;

  let verb = verbs[method] ?? "";
  // The deprecated form /api/v1/watch/…
  if (parts[at] === "watch" && parts.length > at + 1) {
    verb = "watch";
    at++;
  }

  let namespace: string | undefined;
  if (parts[at] === "namespaces" && parts[at + 1] !== undefined) {
    namespace = parts[at + 1] as string;
    const next = parts[at + 2];
    // /namespaces/x itself names the Namespace; what follows it is inside.
    if (next !== undefined && !namespaceSubresources.has(next)) at += 2;
  }
  const resource = parts[at] as string;
  const name = parts[at + 1];
  const subresource = parts[at + 2];
  // A Namespace is not inside itself.
  const inside = resource === "namespaces" ? undefined : namespace;

  if (name === undefined) {
    if (verb === "get") verb = isSet(query.get("watch")) ? "watch" : "list";
    else if (verb === "delete") verb = "deletecollection";
  }
  return {
    isResource: true,
    path,
    verb,
    group,
    version,
    ...(inside !== undefined && { namespace: inside }),
    resource,
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource }),
    query,
  };
}

function splitPath(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part !== "") parts.push(part.includes("%") ? decodeURIComponent(part) : part);
  }
  return parts;
}

/** A boolean query parameter: anything but absent, `0` and `false` is true, the empty text included. */
export function isSet(value: string | null): boolean {
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}
