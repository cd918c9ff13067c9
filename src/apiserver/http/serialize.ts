/**
 * Objects as JSON text, each made once however many clients ask for it: an object that came out of the store never changes
 * (it is frozen), so its text is kept for as long as it lives.
 */
import type { KubeObject } from "../../machinery/object.ts";

const bodies = new WeakMap<object, string>();

/** Everything of the object but kind and apiVersion, without the opening brace: `"metadata":{…},"spec":{…}}`. */
function bodyOf(object: KubeObject): string {
  const known = bodies.get(object);
  if (known !== undefined) return known;
  const { kind: _, apiVersion: __, ...rest } = object;
  const body = JSON.stringify(rest).slice(1);
  if (Object.isFrozen(object)) bodies.set(object, body);
  return body;
}

/** As Kubernetes writes it: kind and apiVersion first. */
export function objectJson(object: KubeObject): string {
  const body = bodyOf(object);
  const head = `{"kind":${JSON.stringify(object.kind)},"apiVersion":${JSON.stringify(object.apiVersion)}`;
  return body === "}" ? `${head}}` : `${head},${body}`;
}

export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** @param kind of the list: `PodList`. Items carry no kind of their own, as in Kubernetes. */
export function listJson(kind: string, apiVersion: string, metadata: ListMeta, items: readonly KubeObject[]): string {
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)}`;
  return `${head},"metadata":${JSON.stringify(metadata)},"items":[${items.map(itemJson).join(",")}]}`;
}

function itemJson(object: KubeObject): string {
  return `{${bodyOf(object)}`;
}

const lines = new WeakMap<object, Map<string, Buffer>>();

/** One line of a watch in its encoded form, made once for all watchers of the object. */
export function watchLine(type: string, object: KubeObject): Buffer {
  let known = lines.get(object);
  if (!known) {
    known = new Map();
    if (Object.isFrozen(object)) lines.set(object, known);
  }
  let line = known.get(type);
  if (!line) {
    line = encodeWatchLine(type, objectJson(object));
    known.set(type, line);
  }
  return line;
}

export function encodeWatchLine(type: string, json: string): Buffer {
  return Buffer.from(`{"type":"${type}","object":${json}}\n`);
}
