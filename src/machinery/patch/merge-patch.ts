/** JSON Merge Patch: https://www.rfc-editor.org/rfc/rfc7386 */
import { cloneJson, getOwn, isObject, type JsonObject, jsonType, setOwn } from "../json.ts";
import type { KubeObject } from "../object.ts";
import { StatusError } from "../status-error.ts";

/**
 * @param target not changed.
 * @param patch the parsed body: an object whose nulls remove fields.
 * @returns a new object, to be decoded.
 * @throws StatusError 400 when the patch is not an object.
 */
export function mergePatch(target: KubeObject, patch: unknown): KubeObject {
  if (!isObject(patch)) {
    const type = jsonType(patch);
    throw StatusError.badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  return merge(target, patch) as KubeObject;
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return cloneJson(patch);
  const result: JsonObject = isObject(target) ? cloneJson(target) : {};
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) delete result[key];
    else setOwn(result, key, merge(getOwn(result, key), change));
  }
  return result;
}
