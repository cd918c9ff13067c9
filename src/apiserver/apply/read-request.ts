/** The body of a `POST /apply`: YAML from whoever sends it, or JSON from the command line with all that belongs to the files. */
import { parseEnvFile } from "../../compose/env-file.ts";
import { type ApplyFile, type ApplyRequest, applyRequestType } from "../../machinery/apply-result.ts";
import { isObject } from "../../machinery/json.ts";
import { StatusError } from "../../machinery/status-error.ts";
import { mediaTypeOf } from "../http/media-types.ts";

/** How YAML without a file's name is called in answers, as kubectl does. */
const unnamed = "-";

/** @throws StatusError UnsupportedMediaType; BadRequest when the JSON is not an {@link ApplyRequest}. */
export function readRequest(body: Buffer, contentType: string | undefined): ApplyRequest {
  const type = mediaTypeOf(contentType);
  if (type.startsWith("multipart/")) {
    const what = "POST /apply takes the file itself, not a form: curl --data-binary @FILE";
    throw StatusError.unsupportedMediaType(what);
  }
  const text = body.toString("utf8");
  if (type !== applyRequestType) return { files: [{ name: unnamed, text }] };
  let sent: unknown;
  try {
    sent = JSON.parse(text);
  } catch (error) {
    throw StatusError.badRequest(`the body is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return checked(sent);
}

function checked(sent: unknown): ApplyRequest {
  if (!isObject(sent) || !Array.isArray(sent["files"]) || !sent["files"].every(isFile)) {
    throw StatusError.badRequest("files: must be a list of files with name and text");
  }
  for (const field of ["directory", "dotEnv", "project"]) {
    const value = sent[field];
    if (value !== undefined && typeof value !== "string") throw StatusError.badRequest(`${field}: must be a string`);
  }
  for (const field of ["environment", "envFiles"]) {
    const value = sent[field];
    if (value !== undefined && !(isObject(value) && Object.values(value).every((one) => typeof one === "string"))) {
      throw StatusError.badRequest(`${field}: must be an object of strings`);
    }
  }
  const { directory, composeOnly } = sent;
  if (composeOnly !== undefined && typeof composeOnly !== "boolean") {
    throw StatusError.badRequest("composeOnly: must be a boolean");
  }
  if (typeof directory === "string" && !directory.startsWith("/")) {
    throw StatusError.badRequest("directory: must be an absolute path");
  }
  // Every field has been looked at.
  return sent as unknown as ApplyRequest;
}

function isFile(value: unknown): value is ApplyFile {
  return isObject(value) && typeof value["name"] === "string" && typeof value["text"] === "string";
}

/**
 * The sender's variables, with those of its `.env` that it does not have itself; undefined when it has sent none.
 * @throws StatusError Invalid naming the line of `.env` that cannot be read.
 */
export function variablesOf({ environment, dotEnv }: ApplyRequest): Record<string, string> | undefined {
  if (dotEnv === undefined) return environment;
  try {
    const added = parseEnvFile(dotEnv, (name) => environment?.[name]);
    return { ...Object.fromEntries(added), ...environment };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StatusError(422, "Invalid", `.env: ${why}`);
  }
}
