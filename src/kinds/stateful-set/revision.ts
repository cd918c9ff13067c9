/**
 * A StatefulSet's templates through time, each kept in a ControllerRevision.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies; the form of `data` is
 * the patch that `kubectl rollout undo` applies.
 */
import { equal } from "../../machinery/equal.ts";
import { nameHash } from "../../machinery/fnv-hash.ts";
import { controllerReference, type Stored } from "../../machinery/object.ts";
import type { ControllerRevision, PodTemplateSpec, StatefulSet } from "../../machinery/types.ts";

const hashLabel = "controller.kubernetes.io/hash";

type Set = Stored<StatefulSet>;
export type Revision = Stored<ControllerRevision>;

interface TemplatePatch {
  spec: { template: PodTemplateSpec & { $patch: "replace" } };
}

function patchFor(set: Set): TemplatePatch {
  // Validation lets no StatefulSet in without a template.
  const template = set.spec?.template as PodTemplateSpec;
  return { spec: { template: { ...template, $patch: "replace" } } };
}

/** Lowest revision first. */
export function inOrder(revisions: readonly Revision[]): Revision[] {
  return [...revisions].sort(
    (a, b) => a.revision - b.revision || (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1),
  );
}

export function nextRevisionNumber(revisions: readonly Revision[]): number {
  return Math.max(0, ...revisions.map(({ revision }) => revision)) + 1;
}

/** The revision that holds the set's present template; the latest, if several do. */
export function revisionOfPresent(set: Set, revisions: readonly Revision[]): Revision | undefined {
  const data = patchFor(set);
  return inOrder(revisions).findLast((revision) => equal(revision.data, data));
}

/** Its name follows from the template, so that however often it is made there is only one. */
export function newRevision(set: Set, revision: number, collisions: number): ControllerRevision {
  const { namespace, name, annotations } = set.metadata;
  const data = patchFor(set);
  const hash = nameHash(data, collisions);
  return structuredClone({
    metadata: {
      ...(namespace && { namespace }),
      name: `${name}-${hash}`,
      labels: { ...set.spec?.template.metadata?.labels, [hashLabel]: hash },
      ...(annotations && { annotations }),
      ownerReferences: [controllerReference(set)],
    },
    data,
    revision,
  });
}

/** The template that the revision holds. */
export function templateOf(revision: Revision): PodTemplateSpec {
  // `data` is opaque to the API; this controller wrote it (see patchFor).
  const { $patch: _directive, ...template } = (revision.data as TemplatePatch).spec.template;
  return template;
}

/** Revisions that no Pod has and that exceed `revisionHistoryLimit`, lowest first. @param live names of those in use. */
export function surplusRevisions(set: Set, revisions: readonly Revision[], live: ReadonlySet<string>): Revision[] {
  const history = inOrder(revisions).filter((revision) => !live.has(revision.metadata.name));
  return history.slice(0, Math.max(0, history.length - (set.spec?.revisionHistoryLimit ?? 10)));
}
