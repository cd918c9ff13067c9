import { controllerReference, type KubeObject, type Stored } from "../../machinery/object.ts";
import type { Pod, PodTemplateSpec } from "../../machinery/types.ts";

/** The Pod that a workload's template describes, owned by it, with a name yet to be generated: `<owner>-xxxxx`. */
export function podFromTemplate(template: PodTemplateSpec | undefined, owner: Stored<KubeObject>): Pod {
  const { namespace, name } = owner.metadata;
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return structuredClone({
    metadata: {
      generateName: `${name}-`,
      ...(namespace && { namespace }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    ...(template?.spec && { spec: template.spec }),
  });
}
