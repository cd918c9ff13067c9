/**
 * Content negotiation: which form of the answer the client's `Accept` header asks for.
 * Rule: https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
 */
import { StatusError } from "../../machinery/status-error.ts";

export type ShownAs = "object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

export interface Representation {
  encoding: "json" | "yaml";
  as: ShownAs;
  /** Version of meta.k8s.io, for everything but `object`. */
  version: "v1" | "v1beta1";
}

export const asObject: Representation = { encoding: "json", as: "object", version: "v1" };

interface Clause {
  type: string;
  parameters: ReadonlyMap<string, string>;
}

const transforms: readonly string[] = ["Table", "PartialObjectMetadata", "PartialObjectMetadataList"];

/**
 * The first clause that Skiff can answer, in order of preference. Protobuf is passed over: clients that would like it
 * always offer JSON besides.
 * @throws StatusError NotAcceptable when there is none.
 */
export function negotiate(accept: string | undefined): Representation {
  if (!accept || accept === "application/json" || accept === "*/*") return asObject;
  const known = negotiated.get(accept);
  if (known) return known;
  for (const clause of parseAccept(accept)) {
    const encoding = encodingOf(clause.type);
    if (!encoding) continue;
    const representation = represent(encoding, clause);
    if (!representation) continue;
    // Clients send a handful of different headers, again and again.
    if (negotiated.size < 100) negotiated.set(accept, representation);
    return representation;
  }
  throw notAcceptable("406: Not Acceptable");
}

const negotiated = new Map<string, Representation>();

export function notAcceptable(message: string): StatusError {
  return new StatusError(406, "NotAcceptable", message, {});
}

/** Clauses of an `Accept` header, those of the highest quality first (RFC 9110, 12.5.1). */
export function parseAccept(accept: string): Clause[] {
  const clauses = accept.split(",").map((text, index) => {
    const [type = "", ...rest] = text.split(";").map((part) => part.trim());
    const parameters = new Map(rest.map((part) => splitParameter(part)));
    const quality = Number(parameters.get("q") ?? "1");
    parameters.delete("q");
    return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality, index };
  });
  return clauses
    .filter(({ type, quality }) => type !== "" && quality > 0)
    .sort((a, b) => b.quality - a.quality || a.index - b.index);
}

function splitParameter(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 0) return [text.toLowerCase(), ""];
  return [text.slice(0, equals).trim().toLowerCase(), text.slice(equals + 1).trim()];
}

function encodingOf(type: string): Representation["encoding"] | undefined {
  if (type === "application/json" || type === "*/*" || type === "application/*") return "json";
  return type === "application/yaml" ? "yaml" : undefined;
}

function represent(encoding: Representation["encoding"], { parameters }: Clause): Representation | undefined {
  const as = parameters.get("as");
  if (as === undefined) return { encoding, as: "object", version: "v1" };
  const version = parameters.get("v");
  if (!transforms.includes(as) || parameters.get("g") !== "meta.k8s.io") return undefined;
  if (version !== "v1" && version !== "v1beta1") return undefined;
  return { encoding, as: as as ShownAs, version };
}

/** `application/json; charset=utf-8` → `application/json`. Empty when there is no header. */
export function mediaTypeOf(contentType: string | undefined): string {
  if (!contentType) return "";
  const semicolon = contentType.indexOf(";");
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}
