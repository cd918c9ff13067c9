/**
 * Gives a Pod its ServiceAccount and the files by which it reaches the API.
 * Rule: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#serviceaccount-admission-controller
 */
import type { AdmissionContext } from "../../machinery/kind.ts";
import type { Stored } from "../../machinery/object.ts";
import { randomSuffix } from "../../machinery/random-suffix.ts";
import { pods, serviceAccounts } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Pod, PodSpec, ServiceAccount, Volume } from "../../machinery/types.ts";
import { allContainers } from "./defaults.ts";

const volumePrefix = "kube-api-access-";
const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
/** An hour and seven seconds: tells the tokens that every Pod gets from those asked for. */
const tokenSeconds = 3607;

/** In place. @throws StatusError Forbidden when the account is not there. */
export function addServiceAccount(pod: Pod, spec: PodSpec, context: Pick<AdmissionContext, "read">): void {
  const name = spec.serviceAccountName || "default";
  const namespace = pod.metadata?.namespace ?? "";
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
  const account = context.read.get(serviceAccounts, { namespace, name });
  if (!account) {
    const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
    throw StatusError.forbidden(pods, pod.metadata?.name ?? "", why);
  }
  if (wantsToken(spec, account)) mountToken(spec);
  const secrets = account.imagePullSecrets ?? [];
  if ((spec.imagePullSecrets ?? []).length === 0 && secrets.length > 0)
    spec.imagePullSecrets = structuredClone(secrets);
}

/** The Pod's own word counts, then the account's. */
function wantsToken(spec: PodSpec, account: Stored<ServiceAccount>): boolean {
  return spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

function mountToken(spec: PodSpec): void {
  const present = spec.volumes?.find((volume) => volume.name.startsWith(volumePrefix));
  const name = present?.name ?? `${volumePrefix}${randomSuffix()}`;
  let used = false;
  for (const container of allContainers(spec)) {
    const mounts = container.volumeMounts ?? [];
    if (mounts.some((mount) => mount.mountPath === mountPath)) continue;
    container.volumeMounts = [...mounts, { name, readOnly: true, mountPath }];
    used = true;
  }
  if (used && !present) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}
