/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ */
import { defineKind } from "../../machinery/kind.ts";
import { nodes } from "../../machinery/resource.ts";
import type { Node } from "../../machinery/types.ts";
import { keepStatus } from "../status.ts";
import { nodeColumns } from "./columns.ts";
import { cordonTaint } from "./cordon-taint.ts";
import { nodeEvents } from "./node-events.ts";
import { podGarbageCollector } from "./pod-garbage-collector.ts";
import { taintEviction } from "./taint-eviction.ts";
import { validateNode, validateNodeUpdate } from "./validation.ts";

export const node = defineKind<Node>({
  resource: nodes,
  singular: "node",
  shortNames: ["no"],
  schema: "core.v1.Node",
  generation: false,
  status: true,
  defaults(object) {
    object.spec ??= {};
    object.status ??= {};
    if (object.status.capacity && !object.status.allocatable) object.status.allocatable = { ...object.status.capacity };
  },
  prepareForUpdate: keepStatus,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  columns: nodeColumns,
  controllers: [nodeEvents, cordonTaint, taintEviction, podGarbageCollector],
  selectableFields: { "spec.unschedulable": (object) => String(object.spec?.unschedulable ?? false) },
});
