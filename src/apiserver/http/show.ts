/** Objects and lists in the form the client asked for. */
import type { KindDefinition } from "../../machinery/kind.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import { apiVersionOf } from "../../machinery/resource.ts";
import type { ListResult, ServedKind } from "../api.ts";
import type { Exchange } from "./exchange.ts";
import { negotiate, notAcceptable, type Representation } from "./media-types.ts";
import { sendJson, sendYaml, warningHeaders } from "./responses.ts";
import { type ListMeta, listJson, objectJson } from "./serialize.ts";
import { includeObjectOf, partialJson, tableJson } from "./table.ts";

/** Columns of what is no kind of its own and brings none. */
const plainColumns: KindDefinition["columns"] = [
  { name: "Name", type: "string", format: "name", value: (object) => object.metadata.name },
  { name: "Created At", type: "date", value: (object) => object.metadata.creationTimestamp },
];

/** The form of the answer, found out before anything is changed: a client that cannot be answered changes nothing. */
export function representationOf({ request }: Exchange): Representation {
  return negotiate(request.headers.accept);
}

export function showObject(
  exchange: Exchange,
  kind: ServedKind,
  as: Representation,
  code: number,
  object: KubeObject,
  now: number,
): Promise<void> {
  return send(exchange, as, code, objectText(exchange, kind, as, object, now));
}

function objectText(exchange: Exchange, kind: ServedKind, as: Representation, object: KubeObject, now: number): string {
  if (as.as === "object") return objectJson(object);
  if (as.as === "PartialObjectMetadata") return partialJson(object, as.version);
  if (as.as !== "Table") {
    throw notAcceptable(
      `you requested PartialObjectMetadataList, but the requested object is not a list (${object.kind})`,
    );
  }
  const own = object.kind === kind.definition.resource.kind;
  const definition = own ? kind.definition : { ...kind.definition, columns: partColumns(exchange, kind) };
  const options = { version: as.version, includeObject: includeObjectOf(exchange.info.query) };
  const metadata = { resourceVersion: object.metadata?.resourceVersion ?? "" };
  // Whatever is answered as a table came out of the store.
  return tableJson(definition, options, metadata, [object as Stored<KubeObject>], now);
}

function partColumns({ info }: Exchange, { definition }: ServedKind): KindDefinition["columns"] {
  const part = info.isResource ? definition.subresources?.[info.subresource ?? ""] : undefined;
  return (part?.type === "update" && part.columns) || plainColumns;
}

export function showList(
  exchange: Exchange,
  kind: ServedKind,
  as: Representation,
  result: ListResult,
  now: number,
): Promise<void> {
  const { items, ...rest } = result;
  return send(exchange, as, 200, listText(exchange, kind, as, items, rest, now));
}

function listText(
  exchange: Exchange,
  kind: ServedKind,
  as: Representation,
  items: readonly Stored<KubeObject>[],
  metadata: ListMeta,
  now: number,
): string {
  const listKind = `${kind.definition.resource.kind}List`;
  switch (as.as) {
    case "object":
      return listJson(listKind, apiVersionOf(kind), metadata, items);
    case "Table": {
      const options = { version: as.version, includeObject: includeObjectOf(exchange.info.query) };
      return tableJson(kind.definition, options, metadata, items, now);
    }
    case "PartialObjectMetadataList": {
      const head = `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${as.version}"`;
      const partial = items.map((object) => partialJson(object, as.version));
      return `${head},"metadata":${JSON.stringify(metadata)},"items":[${partial.join(",")}]}`;
    }
    case "PartialObjectMetadata":
      throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (${listKind})`);
  }
}

function send(
  { request, response, warnings }: Exchange,
  as: Representation,
  code: number,
  json: string,
): Promise<void> {
  const headers = warningHeaders(warnings);
  return as.encoding === "yaml"
    ? sendYaml(response, code, json, headers)
    : sendJson(request, response, code, json, headers);
}
