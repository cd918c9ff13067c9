/**
 * A Pod that calls itself through its Service sends a packet which must leave the bridge by the port it came in by;
 * bridges only do that for ports in hairpin mode.
 */
import { readdir, writeFile } from "node:fs/promises";
import type { Logger } from "../machinery/log.ts";

export class HairpinPorts {
  readonly #folder: string;
  readonly #log: Logger;
  /** Ports already in hairpin mode. Docker names its own anew for each container; those that the kubelet makes have it. */
  #enabled = new Set<string>();

  constructor(bridge: string, log: Logger) {
    this.#folder = `/sys/class/net/${bridge}/brif`;
    this.#log = log;
  }

  /** Turns hairpin mode on for every port of the bridge that does not have it yet. Never fails: it concerns few Pods. */
  async enable(): Promise<void> {
    const ports = await readdir(this.#folder).catch(() => []);
    const fresh = ports.filter((port) => !this.#enabled.has(port));
    await Promise.all(fresh.map((port) => this.#enablePort(port)));
    this.#enabled = new Set(ports);
  }

  async #enablePort(port: string): Promise<void> {
    try {
      await writeFile(`${this.#folder}/${port}/hairpin_mode`, "1");
    } catch (error) {
      const gone = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!gone) this.#log.warn({ err: error, port }, "a Pod cannot reach itself through its Service");
    }
  }
}
