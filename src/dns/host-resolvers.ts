/** The host's own DNS servers, as its resolv.conf names them now (a VPN may change them at any time). */
import { readFile, stat } from "node:fs/promises";
import type { Clock } from "../machinery/clock.ts";
import { onHost } from "../machinery/host-root.ts";
import { parseResolvConf } from "../machinery/resolv-conf.ts";

/** How long a look at the file counts. Nothing is looked at while nobody asks. */
const freshMs = 1_000;

export class HostResolvers {
  readonly #file: string;
  readonly #ownAddresses: ReadonlySet<string>;
  readonly #clock: Clock;
  #looked = Number.NEGATIVE_INFINITY;
  #version = "";
  #servers: readonly string[] = [];

  /** @param ownAddresses where Skiff itself answers: asking there would go round in circles. */
  constructor(file: string, ownAddresses: ReadonlySet<string>, clock: Clock) {
    this.#file = file;
    this.#ownAddresses = ownAddresses;
    this.#clock = clock;
  }

  /** Addresses in the file's order; none when it cannot be read. */
  async servers(): Promise<readonly string[]> {
    const now = this.#clock.now();
    if (now - this.#looked < freshMs) return this.#servers;
    this.#looked = now;
    try {
      const file = await onHost(this.#file);
      const { mtimeMs, ino, size } = await stat(file);
      const version = `${mtimeMs} ${ino} ${size}`;
      if (version === this.#version) return this.#servers;
      const { nameservers } = parseResolvConf(await readFile(file, "utf8"));
      this.#servers = [...new Set(nameservers)].filter((server) => !this.#ownAddresses.has(server));
      this.#version = version;
    } catch {
      // Between a resolv.conf that was removed and the next one there is nobody to ask.
      this.#servers = [];
      this.#version = "";
    }
    return this.#servers;
  }
}
