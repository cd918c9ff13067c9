/** A kind of the tests' own, with one of everything that a kind can have. */
import { invalid } from "../../src/machinery/field-error.ts";
import { defineKind } from "../../src/machinery/kind.ts";
import type { KubeObject } from "../../src/machinery/object.ts";
import type { Resource } from "../../src/machinery/resource.ts";
import { builtinSchemas } from "../../src/machinery/schema/builtin-schemas.ts";
import type { Schema, SchemaSource } from "../../src/machinery/schema/schema.ts";

export interface Widget extends KubeObject {
  spec?: {
    size?: number;
    color?: string;
    shape?: string;
    number?: number;
    parts?: { name: string; weight?: number }[];
  };
  status?: { phase?: string };
}

export const widgets: Resource<Widget> = {
  group: "test.example",
  version: "v1",
  plural: "widgets",
  kind: "Widget",
  namespaced: true,
};

const parts: Schema = {
  type: "array",
  listType: "map",
  listMapKeys: ["name"],
  patchStrategy: "merge",
  patchMergeKey: "name",
  items: {
    type: "object",
    properties: { name: { type: "string" }, weight: { type: "integer", format: "int32" } },
    required: ["name"],
  },
};

const schemas: Readonly<Record<string, Schema>> = {
  "test.v1.Widget": {
    type: "object",
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { ref: "meta.v1.ObjectMeta", alwaysPresent: true },
      spec: { ref: "test.v1.WidgetSpec", alwaysPresent: true },
      status: { type: "object", properties: { phase: { type: "string" } } },
    },
  },
  "test.v1.WidgetSpec": {
    type: "object",
    properties: {
      size: { type: "integer", format: "int32" },
      color: { type: "string" },
      shape: { type: "string" },
      number: { type: "integer", format: "int32" },
      parts,
    },
  },
};

export const widgetSchemas: SchemaSource = (name) => schemas[name] ?? builtinSchemas(name);

export const widget = defineKind<Widget>({
  resource: widgets,
  singular: "widget",
  schema: "test.v1.Widget",
  defaults(object) {
    object.spec ??= {};
    object.spec.size ??= 1;
  },
  prepareForCreate(object) {
    object.status = { phase: "New" };
  },
  prepareForUpdate(object, old) {
    if (old.status) object.status = structuredClone(old.status);
    else delete object.status;
  },
  /** Numbers are given out like addresses: the first that is free. */
  admit(object, old, { read }) {
    if (old || !object.spec) return;
    const taken = new Set(read.list(widgets).map((other) => other.spec?.number));
    let free = 1;
    while (taken.has(free)) free++;
    object.spec.number = free;
  },
  validate(object) {
    const size = object.spec?.size ?? 0;
    return size < 0 ? [invalid("spec.size", size, "must be greater than or equal to 0")] : [];
  },
  validateUpdate(object, old) {
    const color = object.spec?.color;
    return color === old.spec?.color ? [] : [invalid("spec.color", color, "field is immutable")];
  },
  unhonoured: (object) => (object.spec?.shape ? ["spec.shape"] : []),
  selectableFields: { "spec.color": (object) => object.spec?.color ?? "" },
  status: true,
  subresources: {
    scale: {
      type: "update",
      kind: { group: "autoscaling", version: "v1", kind: "Scale" },
      view: ({ metadata, spec }) => ({
        kind: "Scale",
        apiVersion: "autoscaling/v1",
        metadata: { name: metadata.name, uid: metadata.uid, resourceVersion: metadata.resourceVersion },
        spec: { replicas: spec?.size ?? 0 },
      }),
      change(next, sent: KubeObject & { spec?: { replicas?: number } }) {
        next.spec = { ...next.spec, size: sent.spec?.replicas ?? 0 };
      },
      validate(sent: KubeObject & { spec?: { replicas?: number } }) {
        const replicas = sent.spec?.replicas ?? 0;
        return replicas < 0 ? [invalid("spec.replicas", replicas, "must be greater than or equal to 0")] : [];
      },
    },
    rename: {
      type: "create",
      kind: { group: "", version: "v1", kind: "ConfigMap" },
      async create(parent, sent, context) {
        await context.changeParent((next) => {
          next.metadata.labels = { ...parent.metadata.labels, renamed: sent.metadata?.name ?? "" };
        });
        return sent;
      },
    },
    log: { type: "connect", methods: ["GET"], kind: { group: "", version: "v1", kind: "Pod" } },
  },
  columns: [],
});

/** Lives on for the seconds that a client grants it, 30 if none are named. */
export const lingeringWidget = defineKind<Widget>({
  resource: { ...widgets, plural: "lingeringwidgets", kind: "LingeringWidget" },
  singular: "lingeringwidget",
  schema: "test.v1.Widget",
  gracePeriod: (_object, requested) => requested ?? 30,
  columns: [],
});
