/** From a written object to what can be applied: which kind it is of, where it belongs, and whether its fields are right. */
import type { ApplyItem } from "../../machinery/apply-result.ts";
import { isObject } from "../../machinery/json.ts";
import type { ObjectKey } from "../../machinery/object.ts";
import { apiVersionOf, groupResource, services } from "../../machinery/resource.ts";
import { decode } from "../../machinery/schema/decode.ts";
import { DecodeError } from "../../machinery/schema/decode-error.ts";
import type { SchemaSource } from "../../machinery/schema/schema.ts";
import type { Api, Configuration, ServedKind } from "../api.ts";
import { verbsOf } from "../http/served-groups.ts";
import { ownedByAnother } from "./project-owner.ts";
import type { WrittenObject } from "./read-files.ts";

/** What is wrong with an object, and with which of its fields; empty for the object itself. */
interface Wrong {
  field: string;
  message: string;
  /** The field's, unless there is more than one of that name. */
  line?: number;
}

export interface Candidate {
  object: WrittenObject;
  /** All that is known of it, for the answer. */
  item: Pick<ApplyItem, "apiVersion" | "kind" | "namespace" | "name">;
  /** Absent where something is wrong. */
  configuration?: Configuration;
  wrong: Wrong[];
}

/** @param namespace for objects that name none. */
export function candidate(api: Api, schemas: SchemaSource, object: WrittenObject, namespace: string): Candidate {
  const { value } = object;
  if (!isObject(value)) {
    const message = "expected an object with apiVersion and kind";
    return { object, item: {}, wrong: [{ field: "", message }] };
  }
  const metadata = isObject(value["metadata"]) ? value["metadata"] : {};
  const [apiVersion, kind] = [textOf(value["apiVersion"]), textOf(value["kind"])];
  const name = textOf(metadata["name"]);
  const own = textOf(metadata["namespace"]);
  const item = {
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    ...(own && { namespace: own }),
    ...(name && { name }),
  };
  const served = findKind(api, apiVersion, kind);
  if ("message" in served) return { object, item, wrong: [served] };
  const { namespaced } = served.definition.resource;
  const where = namespaced ? own || namespace : undefined;
  const known = { ...item, ...(where && { namespace: where }) };
  const key = { name, ...(where !== undefined && { namespace: where }) };
  const wrong = [
    ...nameErrors(name, metadata),
    ...fieldErrors(schemas, served, object),
    ...ownerErrors(api, served, key, object),
  ];
  if (wrong.length > 0) return { object, item: known, wrong };
  // A service that no longer has ports gets a headless Service, into which one with an address cannot be changed.
  const replaceable =
    object.project !== undefined && groupResource(served.definition.resource) === groupResource(services);
  return { object, item: known, wrong, configuration: { kind: served, key, body: value, replaceable } };
}

/** What is made from a Compose file takes the place of nothing else. */
function ownerErrors(api: Api, kind: ServedKind, key: ObjectKey, { project }: WrittenObject): Wrong[] {
  const message = project && ownedByAnother(api, kind, key, project.labels);
  return message === undefined ? [] : [{ field: "", message }];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function findKind(api: Api, apiVersion: string, kind: string): ServedKind | Wrong {
  if (!kind) return { field: "", message: "Object 'Kind' is missing" };
  if (!apiVersion) return { field: "", message: "Object 'apiVersion' is missing" };
  const ofThatName = api.allServed().filter(({ definition }) => definition.resource.kind === kind);
  const served = ofThatName.find((candidate) => apiVersionOf(candidate) === apiVersion);
  if (served && verbsOf(served).includes("patch")) return served;
  if (served) return { field: "kind", message: `objects of kind ${JSON.stringify(kind)} cannot be applied` };
  const versions = ofThatName.map(apiVersionOf);
  const other = versions.length > 0 ? `; it is served in ${versions.join(", ")}` : "";
  const message = `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}${other}`;
  return { field: versions.length > 0 ? "apiVersion" : "kind", message };
}

function nameErrors(name: string, metadata: Readonly<Record<string, unknown>>): Wrong[] {
  if (name) return [];
  const generated = metadata["generateName"] !== undefined;
  const message = generated
    ? "cannot use generateName with apply: give the object a name"
    : "resource name may not be empty";
  return [{ field: generated ? "metadata.generateName" : "metadata", message }];
}

function fieldErrors(schemas: SchemaSource, { schema }: ServedKind, { value, duplicates }: WrittenObject): Wrong[] {
  const doubled = duplicates.map(({ path, line }) => {
    return { field: path, line, message: `duplicate field ${JSON.stringify(path)}` };
  });
  try {
    const { unknownFields } = decode(schemas, schema, value);
    const unknown = unknownFields.map((field) => ({ field, message: `unknown field ${JSON.stringify(field)}` }));
    return [...doubled, ...unknown];
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    // `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`
    const field = / Go struct field [^.\s]+\.(\S+) of type /.exec(error.detail)?.[1] ?? "";
    return [...doubled, { field, message: error.message }];
  }
}
