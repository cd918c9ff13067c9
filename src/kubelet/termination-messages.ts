/** What containers say when they end. Rule: https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/ */
import { open } from "node:fs/promises";
import type { ContainerRuntime, RuntimeContainer } from "../machinery/container-runtime.ts";
import type { Container } from "../machinery/types.ts";
import { restartCountOf } from "./pod-view.ts";
import type { PodDirectory } from "./volumes/pod-directory.ts";

const longestMessage = 4096;
const longestFromLog = 2048;
const linesFromLog = 80;

export class TerminationMessages {
  readonly #messages = new Map<string, string>();
  readonly #runtime: Pick<ContainerRuntime, "logs">;
  readonly #directory: PodDirectory;

  constructor(runtime: Pick<ContainerRuntime, "logs">, directory: PodDirectory) {
    this.#runtime = runtime;
    this.#directory = directory;
  }

  /** Empty until {@link learn} has read it. */
  of(id: string): string {
    return this.#messages.get(id) ?? "";
  }

  /** Reads the message of an instance that has ended, once. */
  async learn(container: Container, instance: RuntimeContainer): Promise<void> {
    if (instance.state !== "exited" || this.#messages.has(instance.id)) return;
    const text = await this.#read(container, instance);
    this.#messages.set(instance.id, text);
  }

  async #read(container: Container, instance: RuntimeContainer): Promise<string> {
    const written = await readStart(this.#directory.terminationLog(container.name, restartCountOf(instance)));
    const fromLog = container.terminationMessagePolicy === "FallbackToLogsOnError" && instance.exitCode !== 0;
    if (written !== "" || !fromLog || instance.startedAt === undefined) return written;
    return this.#logEnd(instance.id);
  }

  async #logEnd(id: string): Promise<string> {
    try {
      const log = await this.#runtime.logs(id, { tailLines: linesFromLog }, new AbortController().signal);
      let text = "";
      for await (const chunk of log) text += String(chunk);
      return text.slice(-longestFromLog);
    } catch {
      return "";
    }
  }
}

async function readStart(path: string): Promise<string> {
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return "";
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longestMessage), 0, longestMessage, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
