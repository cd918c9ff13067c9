/** Looks at containers and tells those who listen, in the order of what happened. */
import { type RuntimeContainer, type RuntimeEvent } from "../../machinery/container-runtime.ts";
import type { Logger } from "../../machinery/log.ts";
import { type DockerClient, toRuntimeError } from "./client.ts";
import { toRuntimeContainer } from "./containers.ts";

export class ContainerObserver {
  readonly #docker: DockerClient;
  readonly #log: Logger;
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  /** Containers being looked at, and whether to look again afterwards. */
  readonly #looking = new Map<string, { again: boolean; done: Promise<RuntimeContainer | undefined> }>();

  constructor(docker: DockerClient, log: Logger) {
    this.#docker = docker;
    this.#log = log;
  }

  listen(listener: (event: RuntimeEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  tell(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /**
   * Inspects a container and tells the listeners. One look at a time: a second caller gets one that begins afterwards.
   * @returns undefined when there is none, or the engine is gone.
   */
  look(id: string): Promise<RuntimeContainer | undefined> {
    const present = this.#looking.get(id);
    if (present) {
      present.again = true;
      return present.done;
    }
    const looking = { again: false, done: Promise.resolve<RuntimeContainer | undefined>(undefined) };
    looking.done = (async () => {
      try {
        for (;;) {
          looking.again = false;
          const container = await this.inspect(id);
          this.tell(container ? { type: "changed", container } : { type: "removed", id });
          if (!looking.again) return container;
        }
      } catch (error) {
        // The engine is gone; when it is back, everything is listed anew.
        this.#log.debug({ id, error: toRuntimeError(error).message }, "cannot inspect a container");
        return undefined;
      } finally {
        this.#looking.delete(id);
      }
    })();
    this.#looking.set(id, looking);
    return looking.done;
  }

  /** Tells nobody. @returns undefined when there is none. @throws RuntimeError */
  async inspect(id: string): Promise<RuntimeContainer | undefined> {
    try {
      return toRuntimeContainer(await this.#docker.getContainer(id).inspect());
    } catch (error) {
      const known = toRuntimeError(error);
      if (known.kind === "NotFound") return undefined;
      throw known;
    }
  }
}
