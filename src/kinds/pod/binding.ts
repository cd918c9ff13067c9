/** `pods/binding`: how the scheduler gives a Pod its node. https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/binding-v1/ */
import { timestamp } from "../../machinery/clock.ts";
import { type FieldError, notSupported, required } from "../../machinery/field-error.ts";
import type { CreateSubresource } from "../../machinery/kind.ts";
import type { Stored } from "../../machinery/object.ts";
import { StatusError, success } from "../../machinery/status-error.ts";
import type { Binding, Pod, PodCondition } from "../../machinery/types.ts";

const kind = { group: "", version: "v1", kind: "Binding" };

function validate(binding: Binding): FieldError[] {
  const errors: FieldError[] = [];
  const { kind: target = "", name = "" } = binding.target;
  if (target !== "" && target !== "Node") errors.push(notSupported("target.kind", target, ["Node", "<empty>"]));
  if (name === "") errors.push(required("target.name"));
  return errors;
}

function refuse(name: string, why: string): never {
  throw StatusError.conflict({ group: "", plural: "pods/binding" }, name, why);
}

/** The Pod that was decided about may have been replaced by another of its name. */
function checkUid(pod: Stored<Pod>, uid: string | undefined): void {
  if (!uid || uid === pod.metadata.uid) return;
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`;
  refuse(pod.metadata.name, why);
}

/** Sets the node and notes that the Pod is scheduled, in place. @throws StatusError Conflict. */
function assign(pod: Stored<Pod>, node: string, now: number): void {
  const { name, deletionTimestamp } = pod.metadata;
  if (deletionTimestamp) refuse(name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (!pod.spec) return;
  if (pod.spec.nodeName) refuse(name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  if ((pod.spec.schedulingGates ?? []).length > 0) refuse(name, `pod ${name} has non-empty .spec.schedulingGates`);
  pod.spec.nodeName = node;
  const scheduled: PodCondition = {
    type: "PodScheduled",
    status: "True",
    lastTransitionTime: timestamp(now),
  };
  const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
  pod.status = { ...pod.status, conditions: [...others, scheduled] };
}

export const bindingSubresource: CreateSubresource<Pod> = {
  type: "create",
  kind,
  async create(pod, sent, context) {
    const binding = sent as Binding;
    const errors = validate(binding);
    if (errors.length > 0) throw StatusError.invalid(kind, pod.metadata.name, errors);
    await context.changeParent((next) => {
      checkUid(next, binding.metadata?.uid);
      assign(next, binding.target.name ?? "", context.now());
    });
    return success(201);
  },
};
