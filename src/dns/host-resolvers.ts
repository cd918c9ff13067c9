/** The host's own DNS servers, as its resolv.conf names them now (a VPN may change them at any time). */
import { readFile, stat } from "node:fs/promises";
import type { Clock } from "../machinery/clock.ts";
import { onHost } from "../machinery/host-root.ts";
import type { Logger } from "../machinery/log.ts";
import { parseResolvConf } from "../machinery/resolv-conf.ts";

/** Where systemd-resolved writes the servers behind its stub: a VPN changes these, and resolv.conf stays as it is. */
const behindStub = "/run/systemd/resolve/resolv.conf";
/** How long a look at the file counts. Nothing is looked at while nobody asks. */
const freshMs = 1_000;

export class HostResolvers {
  readonly #file: string;
  readonly #ownAddresses: ReadonlySet<string>;
  readonly #clock: Clock;
  readonly #log: Logger;
  #looked = Number.NEGATIVE_INFINITY;
  #looking: Promise<readonly string[]> | undefined;
  #version = "";
  #servers: readonly string[] = [];

  /** @param ownAddresses where Skiff itself answers: asking there would go round in circles. */
  constructor(file: string, ownAddresses: ReadonlySet<string>, clock: Clock, log: Logger) {
    this.#file = file;
    this.#ownAddresses = ownAddresses;
    this.#clock = clock;
    this.#log = log;
  }

  /** Addresses in the file's order, none when it cannot be read; the same array until the host's configuration changes. */
  async servers(): Promise<readonly string[]> {
    if (this.#clock.now() - this.#looked < freshMs) return this.#servers;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<readonly string[]> {
    const file = await onHost(this.#file);
    const version = `${await versionOf(file)} ${await versionOf(await onHost(behindStub))}`;
    if (version !== this.#version) {
      // Between a resolv.conf that was removed and the next one there is nobody to ask.
      const { nameservers } = parseResolvConf(await readFile(file, "utf8").catch(() => ""));
      this.#servers = [...new Set(nameservers)].filter((server) => !this.#ownAddresses.has(server));
      this.#version = version;
      this.#tellOfLoop(nameservers);
    }
    this.#looked = this.#clock.now();
    return this.#servers;
  }

  #tellOfLoop(nameservers: readonly string[]): void {
    const own = nameservers.find((server) => this.#ownAddresses.has(server));
    if (own === undefined) return;
    this.#log.warn(
      { server: own },
      `DNS loop: ${this.#file} names the cluster's own DNS, ${own}, which cannot be asked for what it asks others itself; ${consequence(this.#servers.length)}`,
    );
  }
}

function consequence(left: number): string {
  if (left > 0) return "the others are asked";
  return "names outside the cluster are not found until it names another";
}

async function versionOf(file: string): Promise<string> {
  return stat(file).then(
    ({ mtimeMs, ino, size }) => `${mtimeMs} ${ino} ${size}`,
    () => "-",
  );
}
