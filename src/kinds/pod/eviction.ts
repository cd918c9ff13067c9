/** `pods/eviction`: a deletion that PodDisruptionBudgets may refuse (Skiff has none yet). https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ */
import { notSupported } from "../../machinery/field-error.ts";
import type { CreateSubresource } from "../../machinery/kind.ts";
import { pods } from "../../machinery/resource.ts";
import { StatusError, success } from "../../machinery/status-error.ts";
import type { Eviction, Pod } from "../../machinery/types.ts";

export const evictionSubresource: CreateSubresource<Pod> = {
  type: "create",
  kind: { group: "policy", version: "v1", kind: "Eviction" },
  async create(pod, sent, context) {
    const { metadata, deleteOptions } = sent as Eviction;
    if (metadata?.name && metadata.name !== pod.metadata.name) {
      throw StatusError.badRequest("name in URL does not match name in Eviction object");
    }
    const { gracePeriodSeconds, preconditions, dryRun = [] } = deleteOptions ?? {};
    if (dryRun.some((stage) => stage !== "All")) {
      const errors = [notSupported("dryRun", dryRun, ["All"])];
      throw StatusError.invalid({ group: "policy", kind: "Eviction" }, "", errors);
    }
    await context.client.delete(pods, pod.metadata, {
      ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
      ...(preconditions && { preconditions }),
      // Where `kubectl drain --dry-run=server` says it.
      dryRun: dryRun.length > 0,
    });
    return success(201);
  },
};
