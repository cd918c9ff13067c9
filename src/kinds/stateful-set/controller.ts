/** https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/ */
import { type ControllerDefinition, watching } from "../../machinery/controller.ts";
import { controllerOf, keyOf } from "../../machinery/object.ts";
import { controllerRevisions, pods, statefulSets } from "../../machinery/resource.ts";
import { matches, selectorFromObject } from "../../machinery/selector.ts";
import { workloadsOf, workloadsWithTraffic } from "../pod/owner-keys.ts";
import { ordinalOf } from "./identity.ts";
import { syncStatefulSet } from "./sync.ts";

export const statefulSetController: ControllerDefinition = {
  name: "statefulset-controller",
  watches: [
    watching(statefulSets, ({ object }) => [keyOf(object)]),
    watching(
      pods,
      workloadsOf(statefulSets, (set, pod) => {
        const selector = selectorFromObject(set.spec?.selector ?? {});
        return ordinalOf(set, pod) !== undefined && matches(selector, pod.metadata.labels);
      }),
    ),
    watching(controllerRevisions, ({ type, object }) => {
      const owner = controllerOf(object);
      if (type !== "DELETED" || owner?.kind !== statefulSets.kind) return [];
      return [`${object.metadata.namespace}/${owner.name}`];
    }),
  ],
  trafficKeys: workloadsWithTraffic(statefulSets),
  async reconcile(key, context) {
    const set = context.client.get(statefulSets, key);
    return set && syncStatefulSet(set, context);
  },
};
