/**
 * The body of a request: read up to a limit, then decoded by its `Content-Type`.
 * Rule: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-encodings
 */
import type { IncomingMessage } from "node:http";
import type { SchemaSource } from "../../machinery/schema/schema.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { duplicateJsonKeys } from "./duplicate-json-keys.ts";
import { describeJsonError } from "./go-json-error.ts";
import { mediaTypeOf } from "./media-types.ts";
import { ProtobufError } from "./protobuf/wire.ts";
import { parseYamlBody, YamlBodyError } from "./yaml.ts";

/** As the API server of Kubernetes: 3 MiB. */
export const bodyLimit = 3 * 1024 * 1024;

/** How much of a body that is too large is still read, so that the client gets to see the answer. */
const drainLimit = 16 * bodyLimit;

const none = Buffer.alloc(0);

/** @throws StatusError RequestEntityTooLarge. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const { "content-length": length, "transfer-encoding": chunked } = request.headers;
  if (chunked === undefined && (length === undefined || length === "0")) {
    request.resume();
    return Promise.resolve(none);
  }
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bodyLimit) chunks.push(chunk);
      else {
        chunks = [];
        if (size > drainLimit) request.destroy();
      }
    });
    request.on("end", () => {
      if (size > bodyLimit) reject(tooLarge());
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
    request.on("error", reject);
    request.on("close", () => {
      // Every request is closed in the end; making an error is dear, so only where somebody waits for it.
      if (!request.complete) reject(StatusError.badRequest("the connection was closed within the body"));
    });
  });
}

function tooLarge(): StatusError {
  return StatusError.requestEntityTooLarge(`Request entity too large: limit is ${bodyLimit}`);
}

export interface DecodedBody {
  value: unknown;
  /** Fields written twice: `metadata.labels.a`. */
  duplicates: readonly string[];
}

const protobuf = "application/vnd.kubernetes.protobuf";

/**
 * @param kind name of the object expected, for messages.
 * @throws StatusError UnsupportedMediaType; BadRequest when it cannot be read.
 */
export async function decodeObject(
  body: Buffer,
  contentType: string | undefined,
  kind: string,
  schemas: SchemaSource,
): Promise<DecodedBody> {
  const type = mediaTypeOf(contentType) || "application/json";
  if (type === protobuf) return { value: await parseProtobuf(body, kind, schemas), duplicates: [] };
  if (type !== "application/json" && type !== "application/yaml") throw unknownFormat();
  const text = body.toString("utf8");
  let decoded: DecodedBody;
  try {
    decoded = type === "application/json" ? parseJson(text) : await parseYamlBody(text);
  } catch (error) {
    const why = error instanceof YamlBodyError ? `error converting YAML to JSON: ${error.message}` : messageOf(error);
    throw unrecognized(kind, `couldn't get version/kind; json parse error: ${why}`, body);
  }
  const { value } = decoded;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return decoded;
  if (value === undefined) throw unrecognized(kind, "couldn't get version/kind; the body holds no object", body);
  const found = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  const why = `couldn't get version/kind; json parse error: json: cannot unmarshal ${found} into an object`;
  throw unrecognized(kind, why, body);
}

/**
 * A patch in JSON, or (server-side apply) in YAML, of which JSON is a part.
 * @throws StatusError BadRequest.
 */
export async function decodePatch(body: Buffer, encoding: "json" | "yaml"): Promise<DecodedBody> {
  const text = body.toString("utf8");
  try {
    // Most clients send JSON under the name of YAML; its own parser is many times faster.
    return encoding === "json" || text.startsWith("{") ? parseJson(text) : await parseYamlBody(text);
  } catch (error) {
    if (encoding === "json") throw StatusError.badRequest(`error decoding patch: ${messageOf(error)}`);
    try {
      return await parseYamlBody(text);
    } catch (yamlError) {
      throw StatusError.badRequest(`error decoding YAML: ${messageOf(yamlError)}`);
    }
  }
}

/** Tables and decoder are loaded when the first such body comes. */
async function parseProtobuf(body: Buffer, kind: string, schemas: SchemaSource): Promise<unknown> {
  const [{ decodeProtobuf }, numbers] = await Promise.all([
    import("./protobuf/decode.ts"),
    import("./protobuf/field-numbers.json", { with: { type: "json" } }),
  ]);
  try {
    return decodeProtobuf(body, schemas, numbers.default);
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw unrecognized(kind, error.message, body);
  }
}

class JsonError extends Error {}

/** @throws JsonError */
function parseJson(text: string): DecodedBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new JsonError(describeJsonError(text));
  }
  return { value, duplicates: duplicateJsonKeys(text) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function unknownFormat(): StatusError {
  return new StatusError(
    415,
    "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
}

function unrecognized(kind: string, why: string, body: Buffer): StatusError {
  return StatusError.badRequest(
    `the object provided is unrecognized (must be of type ${kind}): ${why} (${summarize(body)})`,
  );
}

/** The beginning of a body as messages show it: JSON as text, anything else in hexadecimal. */
function summarize(body: Buffer, longest = 30): string {
  if (body.length === 0) return "<empty>";
  const beginning = body.subarray(0, longest);
  const shown = body[0] === 0x7b ? beginning.toString("utf8") : beginning.toString("hex");
  return body.length > longest ? `${shown} ...` : shown;
}
