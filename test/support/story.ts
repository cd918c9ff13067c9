/** Writes down what watchers see of workloads, in words that two runs have in common. */
import type { Client } from "../../src/machinery/client.ts";
import type { Stored } from "../../src/machinery/object.ts";
import { deployments, events, pods, replicaSets } from "../../src/machinery/resource.ts";
import type { Deployment, ReplicaSet } from "../../src/machinery/types.ts";

export class Story implements Disposable {
  readonly #letters = new Map<string, string>();
  readonly #watches: Disposable[];
  #lines: string[] = [];

  constructor(client: Client) {
    this.#watches = [
      client.watch(deployments, ({ type, object }) => this.#tell(`${type} Deployment`, deploymentLine(object))),
      client.watch(replicaSets, ({ type, object }) => {
        const name = object.metadata.name;
        if (!this.#letters.has(name)) this.#letters.set(name, String.fromCharCode(65 + this.#letters.size));
        this.#tell(`${type} ReplicaSet ${name}`, setLine(object));
      }),
      client.watch(pods, ({ type, object, previous }) => {
        if (type === "MODIFIED" && (!object.metadata.deletionTimestamp || previous?.metadata.deletionTimestamp)) return;
        const what = { ADDED: "created", MODIFIED: "deleting", DELETED: "gone" }[type];
        this.#tell("Pod", `${object.metadata.name} ${what}`);
      }),
      client.watch(events, ({ object }) => {
        const count = object.count === 1 ? "" : ` x${object.count}`;
        this.#tell(`Event ${object.source?.component}`, `${object.type} ${object.reason}: ${object.message}${count}`);
      }),
    ];
  }

  /** What happened since it was last asked, of subjects that begin so; told again and again it is told once. */
  since(...subjects: string[]): string[] {
    const lines = this.#lines.filter((line) => subjects.some((subject) => line.startsWith(subject)));
    return lines.filter((line, index) => line !== lines[index - 1]);
  }

  /** Begins a new chapter. */
  turn(): void {
    this.#lines = [];
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
  }

  /** ReplicaSets are A, B, C in order of appearance; Pods carry no random part. */
  #tell(subject: string, text: string): void {
    let line = `${subject}: ${text}`;
    for (const [name, letter] of this.#letters) {
      line = line.replaceAll(new RegExp(`${name}-[a-z0-9]{5}\\b`, "g"), `${letter}-*`).replaceAll(name, letter);
    }
    this.#lines.push(line.replace(/^(ADDED|MODIFIED) (Deployment|ReplicaSet)/, "$2"));
  }
}

function deploymentLine({ metadata, spec, status = {} }: Stored<Deployment>): string {
  const counts = [
    `${status.observedGeneration ?? 0}/${metadata.generation}`,
    `of ${spec?.replicas}:`,
    `${status.replicas ?? 0} replicas`,
    `${status.updatedReplicas ?? 0} updated`,
    `${status.readyReplicas ?? 0} ready`,
    `${status.availableReplicas ?? 0} available`,
    `${status.unavailableReplicas ?? 0} not`,
  ];
  const conditions = (status.conditions ?? []).map(({ type, status, reason }) => `${type}=${status}(${reason})`);
  const revision = metadata.annotations?.["deployment.kubernetes.io/revision"];
  return [...counts, ...conditions, ...(revision ? [`revision ${revision}`] : [])].join(" ");
}

function setLine({ metadata, spec, status }: Stored<ReplicaSet>): string {
  return [
    `${status?.observedGeneration ?? 0}/${metadata.generation}`,
    `of ${spec?.replicas}:`,
    `${status?.replicas ?? 0} replicas`,
    `${status?.readyReplicas ?? 0} ready`,
    `${status?.availableReplicas ?? 0} available`,
  ].join(" ");
}
