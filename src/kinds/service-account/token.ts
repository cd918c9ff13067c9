/** `serviceaccounts/token`: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
import { type FieldError, invalid } from "../../machinery/field-error.ts";
import type { CreateSubresource, SubresourceContext } from "../../machinery/kind.ts";
import type { KubeObject, Stored } from "../../machinery/object.ts";
import { pods } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { ServiceAccount, TokenRequest } from "../../machinery/types.ts";

const defaultSeconds = 60 * 60;
const leastSeconds = 10 * 60;
const mostSeconds = 2 ** 32;

const kind = { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" };

function validate(request: TokenRequest): FieldError[] {
  const seconds = request.spec?.expirationSeconds ?? defaultSeconds;
  const field = "spec.expirationSeconds";
  if (seconds < leastSeconds) return [invalid(field, seconds, "may not specify a duration less than 10 minutes")];
  if (seconds > mostSeconds) return [invalid(field, seconds, "may not specify a duration larger than 2^32 seconds")];
  return [];
}

/** The Pod that the token is to end with, if the request names one. */
function boundPod(request: TokenRequest, namespace: string, account: string, context: SubresourceContext) {
  const reference = request.spec?.boundObjectRef;
  if (!reference) return undefined;
  if (reference.kind !== "Pod" || reference.apiVersion !== "v1") {
    throw StatusError.badRequest(
      `cannot bind token for serviceaccount "${account}" to object kind ${reference.kind ?? ""}: only v1 Pods can be bound to`,
    );
  }
  const name = reference.name ?? "";
  const pod = context.read.get(pods, { namespace, name });
  if (!pod) throw StatusError.notFound(pods, name);
  if (pod.spec?.serviceAccountName !== account) {
    throw StatusError.badRequest(
      `cannot bind token for serviceaccount "${account}" to pod "${name}" running with different serviceaccount name.`,
    );
  }
  if (reference.uid && reference.uid !== pod.metadata.uid) {
    throw StatusError.conflict(
      pods,
      name,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  return { name, uid: pod.metadata.uid };
}

export const tokenSubresource: CreateSubresource<ServiceAccount> = {
  type: "create",
  kind,
  async create(account: Stored<ServiceAccount>, sent: KubeObject, context): Promise<TokenRequest> {
    const request: TokenRequest = structuredClone(sent) as TokenRequest;
    const { name, uid } = account.metadata;
    const namespace = account.metadata.namespace ?? "";
    const errors = validate(request);
    if (errors.length > 0) throw StatusError.invalid(kind, "", errors);
    const seconds = request.spec?.expirationSeconds ?? defaultSeconds;
    const pod = boundPod(request, namespace, name, context);
    const asked = request.spec?.audiences ?? [];
    const { audiences, ...status } = context.issueToken(
      {
        namespace,
        serviceAccount: { name, uid },
        ...(asked.length > 0 && { audiences: asked }),
        ...(pod && { pod }),
      },
      seconds,
    );
    return {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata: { name, namespace },
      spec: { ...request.spec, audiences, expirationSeconds: seconds },
      status,
    };
  },
};
