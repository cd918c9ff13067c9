/** JSON Patch: https://www.rfc-editor.org/rfc/rfc6902, with the API server's errors. */
import { cloneJson, equalJson, getOwn, isObject, type JsonObject, jsonType, setOwn } from "../json.ts";
import type { KubeObject } from "../object.ts";
import { StatusError } from "../status-error.ts";

const mostOperations = 10_000;

/** An operation does not fit the object. Clients learn no more than that (see {@link jsonPatch}). */
class Inapplicable extends Error {}

/**
 * @param target not changed.
 * @param operations the parsed body: an array of operations.
 * @returns a new object, to be decoded.
 * @throws StatusError 400 when this is no JSON Patch, 413 when it is too long, 422 when an operation cannot be applied
 *   or a `test` fails (with the one sentence that the API server has for all of these).
 */
export function jsonPatch(target: KubeObject, operations: unknown): KubeObject {
  if (!Array.isArray(operations)) {
    throw StatusError.badRequest(
      `json: cannot unmarshal ${jsonType(operations)} into Go value of type jsonpatch.Patch`,
    );
  }
  if (operations.length > mostOperations) {
    throw StatusError.requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${mostOperations}, got ${operations.length}`,
    );
  }
  const document = { root: cloneJson(target) as unknown };
  for (const operation of operations as unknown[]) {
    if (!isObject(operation)) {
      const message = `json: cannot unmarshal ${jsonType(operation)} into Go value of type jsonpatch.Operation`;
      throw StatusError.badRequest(message);
    }
    try {
      applyOperation(document, operation);
    } catch (error) {
      if (!(error instanceof Inapplicable)) throw error;
      throw new StatusError(422, "Invalid", "the server rejected our request due to an error in our request", {});
    }
  }
  // Decoding finds out whether it still is an object of its kind.
  return document.root as KubeObject;
}

/** The whole document may be replaced too, so it is held as a field. */
interface Document {
  root: unknown;
}

function applyOperation(document: Document, operation: JsonObject): void {
  const path = pointer(operation, "path");
  switch (operation["op"]) {
    case "add":
      return add(document, path, given(operation));
    case "remove":
      remove(document, path);
      return;
    case "replace":
      remove(document, path);
      return add(document, path, given(operation));
    case "move": {
      const from = pointer(operation, "from");
      if (path.length > from.length && from.every((step, index) => step === path[index])) throw new Inapplicable();
      return add(document, path, remove(document, from));
    }
    case "copy":
      return add(document, path, cloneJson(valueAt(document, pointer(operation, "from"))));
    case "test":
      if (!equalJson(valueOrNull(document, path), operation["value"] ?? null)) throw new Inapplicable();
      return;
    default:
      throw new Inapplicable();
  }
}

/** https://www.rfc-editor.org/rfc/rfc6901 */
function pointer(operation: JsonObject, key: "path" | "from"): string[] {
  const text = operation[key];
  if (typeof text !== "string" || (text !== "" && !text.startsWith("/"))) throw new Inapplicable();
  return text
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function given(operation: JsonObject): unknown {
  if (!Object.hasOwn(operation, "value")) throw new Inapplicable();
  return cloneJson(operation["value"]);
}

function child(parent: unknown, step: string): unknown {
  if (Array.isArray(parent)) return (parent as unknown[])[index(step, parent.length - 1)];
  if (!isObject(parent) || !Object.hasOwn(parent, step)) throw new Inapplicable();
  return parent[step];
}

function index(step: string, last: number): number {
  if (!/^(0|[1-9]\d*)$/.test(step) || Number(step) > last) throw new Inapplicable();
  return Number(step);
}

function valueAt(document: Document, path: readonly string[]): unknown {
  return path.reduce<unknown>(child, document.root);
}

/** For `test`: what is not there equals null. Its parent must be there. */
function valueOrNull(document: Document, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) return document.root;
  const parent = valueAt(document, path.slice(0, -1));
  return isObject(parent) ? (getOwn(parent, last) ?? null) : child(parent, last);
}

function add(document: Document, path: readonly string[], value: unknown): void {
  const last = path.at(-1);
  if (last === undefined) {
    document.root = value;
    return;
  }
  const parent = valueAt(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(last === "-" ? parent.length : index(last, parent.length), 0, value);
  else if (isObject(parent)) setOwn(parent, last, value);
  else throw new Inapplicable();
}

function remove(document: Document, path: readonly string[]): unknown {
  const value = valueAt(document, path);
  const last = path.at(-1);
  if (last === undefined) throw new Inapplicable();
  const parent = valueAt(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as JsonObject)[last];
  return value;
}
