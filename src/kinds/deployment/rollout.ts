/** One round of a Deployment: from what is there to the next step of its rollout. */
import type { ControllerContext, Requeue } from "../../machinery/controller.ts";
import { equal } from "../../machinery/equal.ts";
import { controllerOf, type Stored } from "../../machinery/object.ts";
import { deployments, pods } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types.ts";
import { isTerminal } from "../pod/condition.ts";
import { nextRevision, revisionAnnotation, revisionOf } from "./annotations.ts";
import { deadlineCheckAfterMs, hasDeadline, progressConditions, timedOutReason } from "./progress.ts";
import { createSet, deleteSet, refreshNewSet, scaleSet } from "./replica-set-writer.ts";
import { newestSet, newSetName, surplusSets } from "./revisions.ts";
import { followScale, newSetSize, type ScaleStep, shrinkOldSets, wasScaled } from "./scale-plan.ts";
import { desired, isRolling, totalActual } from "./sizes.ts";
import {
  conditionOf,
  type DeploymentCondition,
  type DeploymentStatus,
  deploymentStatus,
  isComplete,
  withCondition,
} from "./status.ts";

type OwnedSet = Stored<ReplicaSet>;

export class Rollout {
  readonly #context: ControllerContext;
  #deployment: Stored<Deployment>;
  /** Made from the present template. Undefined until there is one. */
  #newSet: OwnedSet | undefined;
  #oldSets: OwnedSet[];

  /** @param sets all that the Deployment manages. */
  constructor(deployment: Stored<Deployment>, sets: readonly OwnedSet[], context: ControllerContext) {
    this.#context = context;
    this.#deployment = deployment;
    this.#newSet = newestSet(deployment, sets);
    this.#oldSets = sets.filter((set) => set !== this.#newSet);
  }

  async advance(): Promise<Requeue | void> {
    if (this.#deployment.metadata.deletionTimestamp) return this.#writeStatus(this.#count());
    await this.#notePause();
    await this.#adoptNewSet();
    if (this.#deployment.spec?.paused || wasScaled(this.#deployment, this.#sets)) return this.#follow();
    const moved = isRolling(this.#deployment) ? await this.#roll() : await this.#recreate();
    if (!moved && isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp();
    return this.#tellProgress();
  }

  get #sets(): OwnedSet[] {
    return [...this.#oldSets, ...(this.#newSet ? [this.#newSet] : [])];
  }

  /** Pausing and resuming stop the clock of the progress deadline. */
  async #notePause(): Promise<void> {
    const deployment = this.#deployment;
    const progressing = conditionOf(deployment.status, "Progressing");
    if (!hasDeadline(deployment) || progressing?.reason === timedOutReason) return;
    const wasPaused = progressing?.reason === "DeploymentPaused";
    const isPaused = deployment.spec?.paused === true;
    if (isPaused === wasPaused) return;
    const [reason, message] = isPaused
      ? ["DeploymentPaused", "Deployment is paused"]
      : ["DeploymentResumed", "Deployment is resumed"];
    await this.#setCondition({ type: "Progressing", status: "Unknown", reason, message });
  }

  /** Takes up the ReplicaSet there is for the template: after an undo it gets the newest revision. */
  async #adoptNewSet(): Promise<void> {
    if (!this.#newSet) return;
    const revision = nextRevision(this.#oldSets);
    this.#newSet = await refreshNewSet(this.#deployment, this.#newSet, revision, this.#context);
    await this.#setRevision(revisionOf(this.#newSet));
    if (!hasDeadline(this.#deployment) || conditionOf(this.#deployment.status, "Progressing")) return;
    const message = `Found new replica set "${this.#newSet.metadata.name}"`;
    await this.#setCondition({ type: "Progressing", status: "True", reason: "FoundNewReplicaSet", message });
  }

  async #createNewSet(): Promise<void> {
    const revision = nextRevision(this.#oldSets);
    const replicas = newSetSize(this.#deployment, this.#oldSets, undefined);
    const created = await this.#tryCreate(replicas, revision);
    this.#newSet = created.set;
    await this.#setRevision(revision);
    if (!created.made || !hasDeadline(this.#deployment)) return;
    const message = `Created new replica set "${created.set.metadata.name}"`;
    await this.#setCondition({ type: "Progressing", status: "True", reason: "NewReplicaSetCreated", message });
  }

  async #tryCreate(replicas: number, revision: number): Promise<{ set: OwnedSet; made: boolean }> {
    const name = newSetName(this.#deployment);
    try {
      const created = await createSet(this.#deployment, replicas, revision, this.#context);
      if (created !== "collision") return created;
    } catch (error) {
      const why = error instanceof StatusError ? error.message : String(error);
      const message = `Failed to create new replica set "${name}": ${why}`;
      if (hasDeadline(this.#deployment)) {
        await this.#setCondition({ type: "Progressing", status: "False", reason: "ReplicaSetCreateError", message });
      }
      this.#context.events.record(this.#deployment, "Warning", "ReplicaSetCreateError", message);
      throw error;
    }
    const collisionCount = (this.#deployment.status?.collisionCount ?? 0) + 1;
    await this.#writeStatus({ ...this.#deployment.status, collisionCount });
    throw new Error(`the name ${name} is taken by a ReplicaSet of another template; trying the next one`);
  }

  /** @returns whether anything was scaled. */
  async #roll(): Promise<boolean> {
    if (!this.#newSet) await this.#createNewSet();
    if (!this.#newSet) return false;
    const size = newSetSize(this.#deployment, this.#sets, this.#newSet);
    if (size !== desired(this.#newSet)) return this.#scale([{ set: this.#newSet, to: size }]);
    return this.#scale(shrinkOldSets(this.#deployment, this.#newSet, this.#oldSets));
  }

  /** Old Pods must be gone, not merely asked to go, before there are new ones. @returns whether anything was scaled or is waited for. */
  async #recreate(): Promise<boolean> {
    const active = this.#oldSets.filter((set) => desired(set) > 0);
    if (active.length > 0) return this.#scale(active.map((set) => ({ set, to: 0 })));
    if (this.#oldPodsRun()) return true;
    if (!this.#newSet) await this.#createNewSet();
    const size = desired(this.#deployment);
    if (!this.#newSet || desired(this.#newSet) === size) return false;
    return this.#scale([{ set: this.#newSet, to: size }]);
  }

  #oldPodsRun(): boolean {
    if (totalActual(this.#oldSets) > 0) return true;
    const owners = new Set(this.#oldSets.map((set) => set.metadata.uid));
    const { namespace = "" } = this.#deployment.metadata;
    return this.#context.client
      .list(pods, { namespace })
      .some((pod) => owners.has(controllerOf(pod)?.uid ?? "") && !isTerminal(pod));
  }

  /** Paused, or scaled by its user: sizes follow, but nothing is rolled on. */
  async #follow(): Promise<Requeue | void> {
    await this.#scale(followScale(this.#deployment, this.#newSet, this.#oldSets));
    if (this.#deployment.spec?.paused) await this.#cleanUp();
    return this.#writeStatus(this.#count());
  }

  async #scale(steps: readonly ScaleStep[]): Promise<boolean> {
    for (const { set, to } of steps) {
      const scaled = await scaleSet(this.#deployment, set, to, this.#context);
      if (this.#newSet?.metadata.uid === set.metadata.uid) this.#newSet = scaled;
      this.#oldSets = this.#oldSets.map((old) => (old.metadata.uid === set.metadata.uid ? scaled : old));
    }
    return steps.length > 0;
  }

  async #cleanUp(): Promise<void> {
    for (const set of surplusSets(this.#deployment, this.#oldSets)) await deleteSet(set, this.#context);
  }

  #count(): DeploymentStatus {
    return deploymentStatus(this.#deployment, this.#newSet, this.#oldSets, this.#context.clock.now());
  }

  async #tellProgress(): Promise<Requeue | void> {
    const status = this.#count();
    const now = this.#context.clock.now();
    const conditions = progressConditions(this.#deployment, status, this.#newSet, this.#sets, now);
    await this.#writeStatus({ ...status, conditions });
    const requeueAfterMs = deadlineCheckAfterMs(this.#deployment, now);
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  async #setCondition(condition: Pick<DeploymentCondition, "type" | "status" | "reason" | "message">): Promise<void> {
    const conditions = withCondition(this.#deployment.status?.conditions ?? [], condition, this.#context.clock.now());
    await this.#writeStatus({ ...this.#deployment.status, conditions });
  }

  async #writeStatus(status: DeploymentStatus): Promise<void> {
    if (equal(this.#deployment.status, status)) return;
    const change = (draft: Stored<Deployment>) => {
      draft.status = status;
    };
    await this.#write(change, { subresource: "status" });
  }

  async #setRevision(revision: number): Promise<void> {
    const text = String(revision);
    if (this.#deployment.metadata.annotations?.[revisionAnnotation] === text) return;
    await this.#write((draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, [revisionAnnotation]: text };
    });
  }

  /** A change that came in between is a Conflict, and the next round sees it. */
  async #write(change: (draft: Stored<Deployment>) => void, options: { subresource?: string } = {}): Promise<void> {
    const draft = structuredClone(this.#deployment);
    change(draft);
    this.#deployment = await this.#context.client.update(deployments, draft, options);
  }
}
