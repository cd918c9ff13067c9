/**
 * API objects in Kubernetes' protobuf form, which kubectl sends since 1.33 wherever it creates an object of its own making
 * (`kubectl create configmap`, `kubectl auth can-i`). Decoded into what the same client would have written as JSON. The types are the schemas';
 * protobuf needs besides them only the number of each field.
 * Rule: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { microTimestamp, timestamp } from "../../../machinery/clock.ts";
import type { Schema, SchemaSource } from "../../../machinery/schema/schema.ts";
import { fieldsOf, ProtobufError, packedVarints, signed, type WireField } from "./wire.ts";

type Json = Record<string, unknown>;

/**
 * Numbers of the fields of each type, as k8s.io/api 1.33 defines them: `name=1 +core.v1.VolumeSource=2`, where `+` marks a type
 * whose fields JSON shows as the outer type's own.
 */
export type FieldNumbers = Readonly<Record<string, string>>;

const magic = Buffer.from("k8s\0");

/** @throws ProtobufError when the bytes are not an object, or its type is not known. */
export function decodeProtobuf(body: Buffer, schemas: SchemaSource, numbers: FieldNumbers): Json {
  if (!body.subarray(0, magic.length).equals(magic))
    throw new ProtobufError("provided data does not appear to be a protobuf message");
  const envelope = byNumber(body.subarray(magic.length));
  const typeMeta = byNumber(bytesOf(envelope.get(1)));
  const apiVersion = bytesOf(typeMeta.get(1)).toString("utf8");
  const kind = bytesOf(typeMeta.get(2)).toString("utf8");
  const type = schemaName(apiVersion, kind);
  if (!schemas(type) || numbers[type] === undefined) {
    throw new ProtobufError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  }
  const decoder = new Decoder(schemas, numbers);
  return { kind, apiVersion, ...decoder.message(type, bytesOf(envelope.get(2))) };
}

/** `apps/v1` and `Deployment` → `apps.v1.Deployment`. Options are of meta/v1 under whatever group's name they come. */
function schemaName(apiVersion: string, kind: string): string {
  if (kind === "DeleteOptions") return "meta.v1.DeleteOptions";
  const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  return `${group.split(".")[0] || "core"}.${version}.${kind}`;
}

function byNumber(message: Buffer): Map<number, WireField> {
  return new Map([...fieldsOf(message)].map((field) => [field.number, field]));
}

function bytesOf(field: WireField | undefined): Buffer {
  return field?.wire === "bytes" ? field.value : Buffer.alloc(0);
}

class Decoder {
  readonly #schemas: SchemaSource;
  readonly #numbers: FieldNumbers;

  constructor(schemas: SchemaSource, numbers: FieldNumbers) {
    this.#schemas = schemas;
    this.#numbers = numbers;
  }

  /** @param type its name; that of its schema too, unless its fields are shown as another's. */
  message(type: string, bytes: Buffer, schema = this.#schemas(type)): Json {
    const names = this.#namesOf(type);
    const object: Json = {};
    for (const field of fieldsOf(bytes)) {
      const name = names.get(field.number);
      // Of a Kubernetes newer than the table: nobody knows what it is called.
      if (name === undefined) continue;
      if (name.startsWith("+")) Object.assign(object, this.message(name.slice(1), bytesOf(field), schema));
      else this.#put(object, name, schema?.properties?.[name], field);
    }
    return object;
  }

  #put(object: Json, name: string, schema: Schema | undefined, field: WireField): void {
    if (!schema) {
      // Known by number only: shown, so that it is reported as unknown, unless it is empty.
      if (field.wire === "bytes" ? field.value.length > 0 : field.value !== 0n) object[name] = null;
      return;
    }
    if (schema.type === "array") {
      const items = (object[name] as unknown[] | undefined) ?? [];
      items.push(...this.#items(schema.items ?? {}, field));
      object[name] = items;
    } else if (schema.additionalProperties) {
      const entry = byNumber(bytesOf(field));
      const entries = (object[name] as Json | undefined) ?? {};
      entries[bytesOf(entry.get(1)).toString("utf8")] = this.#mapValue(schema.additionalProperties, entry.get(2));
      object[name] = entries;
    } else {
      const value = this.#value(schema, field);
      if (value !== undefined) object[name] = value;
    }
  }

  #items(schema: Schema, field: WireField): unknown[] {
    const isNumber = schema.type === "integer" || schema.type === "boolean";
    if (!isNumber || field.wire !== "bytes") return [this.#value(schema, field)];
    return packedVarints(field.value).map((value) =>
      this.#value(schema, { number: field.number, wire: "varint", value }),
    );
  }

  /** Lists in maps (`extra` of reviews) are messages of one field. */
  #mapValue(schema: Schema, field: WireField | undefined): unknown {
    if (schema.type !== "array") return field ? this.#value(schema, field) : emptyOf(schema);
    return [...fieldsOf(bytesOf(field))].map((item) => this.#value(schema.items ?? {}, item));
  }

  #value(schema: Schema, field: WireField): unknown {
    if (schema.ref) return this.message(schema.ref, bytesOf(field));
    switch (schema.format) {
      case "quantity":
        return text(byNumber(bytesOf(field)).get(1));
      case "int-or-string":
        return intOrString(byNumber(bytesOf(field)));
      case "date-time":
      case "micro-time":
        return time(byNumber(bytesOf(field)), schema.format);
      case "byte":
        return bytesOf(field).toString("base64");
    }
    if (schema.preserveUnknownFields) return rawJson(bytesOf(field));
    switch (schema.type) {
      case "boolean":
        return field.wire !== "bytes" && field.value !== 0n;
      case "integer":
        return field.wire === "bytes" ? 0 : signed(field.value);
      case "number":
        return double(field);
      default:
        return text(field);
    }
  }

  #namesOf(type: string): ReadonlyMap<number, string> {
    const entries = this.#numbers[type]?.split(" ") ?? [];
    return new Map(
      entries.map((entry) => {
        const [name = "", number] = entry.split("=");
        return [Number(number), name];
      }),
    );
  }
}

function text(field: WireField | undefined): string {
  return bytesOf(field).toString("utf8");
}

function emptyOf({ type }: Schema): unknown {
  return type === "string" ? "" : type === "integer" ? 0 : type === "boolean" ? false : {};
}

function intOrString(fields: ReadonlyMap<number, WireField>): string | number {
  const [kind, number] = [fields.get(1), fields.get(2)];
  const isText = kind !== undefined && kind.wire !== "bytes" && kind.value === 1n;
  if (isText) return text(fields.get(3));
  return number !== undefined && number.wire !== "bytes" ? signed(number.value) : 0;
}

/** @returns undefined for no time at all, which Kubernetes writes as 0 seconds. */
function time(fields: ReadonlyMap<number, WireField>, format: "date-time" | "micro-time"): string | undefined {
  const part = (number: number): number => {
    const field = fields.get(number);
    return field === undefined || field.wire === "bytes" ? 0 : signed(field.value);
  };
  const [seconds, nanoseconds] = [part(1), part(2)];
  if (seconds === 0 && nanoseconds === 0) return undefined;
  if (format === "date-time") return timestamp(seconds * 1000);
  const micros = String(Math.floor(nanoseconds / 1000)).padStart(6, "0");
  return microTimestamp(seconds * 1000).replace(/\.\d+Z$/, `.${micros}Z`);
}

/** RawExtension and FieldsV1: JSON inside, as their first field. */
function rawJson(message: Buffer): unknown {
  const raw = text(byNumber(message).get(1));
  if (raw === "") return undefined;
  try {
    return JSON.parse(raw);
  } catch (error) {
    throw new ProtobufError(`a field that holds JSON does not: ${(error as Error).message}`);
  }
}

function double(field: WireField): number {
  if (field.wire === "bytes") return 0;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, field.value));
  return bytes.readDoubleLE();
}
