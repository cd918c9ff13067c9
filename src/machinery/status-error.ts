/**
 * Errors as the API answers them: a `Status` object with code, reason and details.
 * Rule: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ and
 * k8s.io/apimachinery `pkg/api/errors` for the wording.
 */
import { type FieldError, printFieldError } from "./field-error.ts";

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** A `Status` of the API (`meta/v1`), the body of every error answer. */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: Record<string, never>;
  status: "Success" | "Failure";
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

/** The answer to an action that leaves nothing to show. */
export function success(code: number): Status {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code };
}

/** What an error is about: enough to print `pods "x"` or `deployments.apps "x"`. */
export interface ResourceName {
  group: string;
  plural: string;
}

/** What a validation error is about: prints `Deployment.apps "x"`. */
export interface KindName {
  group: string;
  kind: string;
}

function qualify(name: string, group: string): string {
  return group ? `${name}.${group}` : name;
}

/** The one error type that crosses component borders; everything else is an internal error (500). */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string | undefined;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string | undefined, message: string, details?: StatusDetails) {
    super(message);
    this.name = "StatusError";
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toStatus(): Status {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      ...(this.reason && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }

  static is(error: unknown, reason: string): error is StatusError {
    return error instanceof StatusError && error.reason === reason;
  }

  static badRequest(message: string): StatusError {
    return new StatusError(400, "BadRequest", message);
  }

  static unauthorized(): StatusError {
    return new StatusError(401, "Unauthorized", "Unauthorized");
  }

  static forbidden(resource: ResourceName, name: string, why: string): StatusError {
    const what = qualify(resource.plural, resource.group);
    const subject = name ? `${what} "${name}"` : what;
    return new StatusError(403, "Forbidden", `${subject} is forbidden: ${why}`, details(resource, name));
  }

  static notFound(resource: ResourceName, name: string): StatusError {
    const message = `${qualify(resource.plural, resource.group)} "${name}" not found`;
    return new StatusError(404, "NotFound", message, details(resource, name));
  }

  /** The path leads nowhere: no such resource, or no such group. */
  static noSuchResource(): StatusError {
    return new StatusError(404, "NotFound", "the server could not find the requested resource", {});
  }

  static methodNotAllowed(): StatusError {
    return new StatusError(
      405,
      "MethodNotAllowed",
      "the server does not allow this method on the requested resource",
      {},
    );
  }

  static alreadyExists(resource: ResourceName, name: string): StatusError {
    const message = `${qualify(resource.plural, resource.group)} "${name}" already exists`;
    return new StatusError(409, "AlreadyExists", message, details(resource, name));
  }

  static conflict(
    resource: ResourceName,
    name: string,
    why = "the object has been modified; please apply your changes to the latest version and try again",
  ): StatusError {
    const message = `Operation cannot be fulfilled on ${qualify(resource.plural, resource.group)} "${name}": ${why}`;
    return new StatusError(409, "Conflict", message, details(resource, name));
  }

  /** The requested revision is no longer in the log; the client must list again. */
  static expired(message: string): StatusError {
    return new StatusError(410, "Expired", message);
  }

  static unsupportedMediaType(message: string): StatusError {
    return new StatusError(415, "UnsupportedMediaType", message, {});
  }

  static requestEntityTooLarge(message: string): StatusError {
    return new StatusError(413, "RequestEntityTooLarge", message);
  }

  /** One or more fields are wrong: `Deployment.apps "x" is invalid: spec.replicas: Invalid value: …`. */
  static invalid(kind: KindName, name: string, errors: readonly FieldError[]): StatusError {
    const printed = errors.map(printFieldError);
    const unique = [...new Set(printed)];
    const list = unique.length === 1 ? unique[0] : `[${unique.join(", ")}]`;
    const message = `${qualify(kind.kind, kind.group)} ${JSON.stringify(name)} is invalid: ${list}`;
    return new StatusError(422, "Invalid", message, {
      ...(name && { name }),
      ...(kind.group && { group: kind.group }),
      kind: kind.kind,
      causes: errors.map((error) => ({ reason: error.reason, message: error.message, field: error.field })),
    });
  }

  static internal(message: string): StatusError {
    return new StatusError(500, "InternalError", `Internal error occurred: ${message}`);
  }

  static serviceUnavailable(message: string): StatusError {
    return new StatusError(503, "ServiceUnavailable", message);
  }

  /** Any thrown value as a `StatusError`: its own, or a 500 that tells the message and never a stack. */
  static from(error: unknown): StatusError {
    if (error instanceof StatusError) return error;
    return StatusError.internal(error instanceof Error ? error.message : String(error));
  }
}

function details(resource: ResourceName, name: string): StatusDetails {
  return {
    ...(name && { name }),
    ...(resource.group && { group: resource.group }),
    kind: resource.plural,
  };
}
