/** The engine's event stream, connected again for as long as it takes. */
import type { Readable } from "node:stream";
import type { Clock } from "../../machinery/clock.ts";
import { instanceLabel } from "../../machinery/settings.ts";
import { type DockerClient, docked, toRuntimeError } from "./client.ts";
import { jsonLines } from "./progress.ts";

interface EngineEvent {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
}

export interface EventHandlers {
  /** The stream is open: what happens from now on will be told. Called before anything else, and again after a loss. */
  connected(): Promise<void>;
  container(id: string, action: string): void;
  images(): void;
  networkRemoved(name: string): void;
  disconnected(error: Error): void;
}

const containerActions = ["start", "die", "destroy", "pause", "unpause"];
const imageActions = ["tag", "untag", "delete", "pull", "load", "import"];

/** Waits between attempts to connect: the engine may be starting (short) or stopped for long (2 s costs nothing). */
const firstDelayMs = 50;
const longestDelayMs = 2_000;

/** @returns a disposable that ends the stream. */
export function followEvents(
  docker: DockerClient,
  instance: string,
  clock: Clock,
  handlers: EventHandlers,
): Disposable {
  let stopped = false;
  let stream: Readable | undefined;
  let timer: Disposable | undefined;
  let delay = firstDelayMs;

  const session = async (): Promise<void> => {
    try {
      const filters = { type: ["container", "image", "network"], event: [...containerActions, ...imageActions] };
      stream = (await docked(docker.getEvents({ filters: JSON.stringify(filters) }))) as Readable;
      if (stopped) return void stream.destroy();
      await handlers.connected();
      delay = firstDelayMs;
      for await (const event of jsonLines<EngineEvent>(stream)) {
        if (stopped) return;
        if (event.Type === "image") handlers.images();
        else if (event.Type === "network") handlers.networkRemoved(event.Actor.Attributes.name ?? "");
        else if (event.Actor.Attributes[instanceLabel] === instance) handlers.container(event.Actor.ID, event.Action);
      }
      lost(new Error("the Docker Engine closed its event stream"));
    } catch (error) {
      lost(toRuntimeError(error));
    }
  };
  const lost = (error: Error): void => {
    stream?.destroy();
    if (stopped) return;
    handlers.disconnected(error);
    timer = clock.after(delay, () => void session());
    delay = Math.min(delay * 2, longestDelayMs);
  };

  void session();
  return {
    [Symbol.dispose]() {
      stopped = true;
      timer?.[Symbol.dispose]();
      stream?.destroy();
    },
  };
}
