/** Rule: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ and kubernetes/kubernetes `pkg/apis/core/validation/events.go`. */
import { type FieldError, invalid, required } from "../../machinery/field-error.ts";
import type { Event } from "../../machinery/types.ts";
import { checkRequired } from "../../machinery/validation/fields.ts";
import { qualifiedNameErrors } from "../../machinery/validation/names.ts";

const longestWord = 128;
const longestMessage = 1024;

export function validateEvent(object: Event): FieldError[] {
  return [...validateNamespace(object), ...(object.eventTime ? validateNewEvent(object) : [])];
}

/** Events about what is in no namespace live in `default`; newer ones may live in `kube-system` too. */
function validateNamespace({ metadata, involvedObject, eventTime }: Event): FieldError[] {
  const namespace = metadata?.namespace ?? "";
  const about = involvedObject.namespace ?? "";
  const homes = eventTime ? ["default", "kube-system"] : ["default", ""];
  if (about === "" ? homes.includes(namespace) : about === namespace) return [];
  return [invalid("involvedObject.namespace", about, "does not match event.namespace")];
}

/** Those that say `eventTime` say everything. */
function validateNewEvent({
  reportingComponent,
  reportingInstance,
  action,
  reason,
  message = "",
}: Event): FieldError[] {
  const errors = [
    ...checkRequired("reportingController", reportingComponent, qualifiedNameErrors),
    ...word("reportingInstance", reportingInstance),
    ...word("action", action),
    ...word("reason", reason),
  ];
  if (Buffer.byteLength(message) > longestMessage) {
    errors.push(invalid("message", message, `can have at most ${longestMessage} characters`));
  }
  return errors;
}

function word(field: string, value: string | undefined): FieldError[] {
  if (!value) return [required(field)];
  return value.length > longestWord ? [invalid(field, value, `can have at most ${longestWord} characters`)] : [];
}
