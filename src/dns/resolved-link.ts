/**
 * Lets programs of the host find the cluster's names: tells systemd-resolved, where it runs, to ask the cluster's DNS for
 * the cluster's domain, and for nothing else. The setting belongs to the Pods' bridge and goes with it.
 * Rule: resolvectl(1), systemd-resolved.service(8) ("Protocols and Routing").
 */
import { access } from "node:fs/promises";
import { onHost } from "../machinery/host-root.ts";
import type { Logger } from "../machinery/log.ts";
import { bridgeName, dnsAddress } from "../machinery/network-names.ts";
import { CommandError, runCommand } from "../machinery/run-command.ts";
import type { ClusterSettings } from "../machinery/settings.ts";

/** There while systemd-resolved runs. */
const resolvedSocket = "/run/systemd/resolve/io.systemd.Resolve";

export interface ResolvedLinkOptions {
  settings: Pick<ClusterSettings, "name" | "serviceCidr" | "clusterDomain">;
  log: Logger;
  /** Runs `resolvectl` or `ip` with these arguments; the host's own if absent. @throws CommandError */
  run?: (command: string, args: readonly string[]) => Promise<unknown>;
  /** Whether systemd-resolved runs; looked up if absent. */
  runs?: () => Promise<boolean>;
}

export class ResolvedLink {
  readonly #options: ResolvedLinkOptions;
  readonly #bridge: string;
  /** What was begun last: one after the other, so that the last word counts. */
  #last: Promise<void> = Promise.resolve();
  #registered = false;

  constructor(options: ResolvedLinkOptions) {
    this.#options = options;
    this.#bridge = bridgeName(options.settings);
  }

  /** Registers, or does nothing where systemd-resolved does not run. */
  register(): Promise<void> {
    return this.#then(() => this.#register());
  }

  /** To be called when the bridge was made anew, as its settings have gone with the old one. */
  renew(): Promise<void> {
    return this.#then(async () => {
      if (this.#registered) await this.#register();
    });
  }

  /** Takes back what was registered. */
  withdraw(): Promise<void> {
    return this.#then(() => this.#revert());
  }

  async #register(): Promise<void> {
    const { settings, log, runs = resolvedRuns } = this.#options;
    if (!(await runs())) return;
    try {
      await this.#resolvectl("dns", this.#bridge, dnsAddress(settings));
      this.#registered = true;
      // Nothing but the domain may come this way: what Skiff does not know it would ask of systemd-resolved again.
      await this.#resolvectl("default-route", this.#bridge, "false");
      await this.#resolvectl("domain", this.#bridge, `~${settings.clusterDomain}`);
      // It asks by way of the link, where nobody has the address: such questions come back to this host. Goes with the bridge.
      const toHost = ["local", `${dnsAddress(settings)}/32`, "dev", this.#bridge, "metric", "1"];
      await this.#run("ip", ["route", "replace", ...toHost]);
      log.info(
        {},
        `this host finds names in ${settings.clusterDomain} (systemd-resolved asks ${dnsAddress(settings)})`,
      );
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      log.info({ err: error }, `this host does not find names in ${settings.clusterDomain} by itself`);
      await this.#revert();
    }
  }

  async #revert(): Promise<void> {
    if (!this.#registered) return;
    this.#registered = false;
    try {
      await this.#resolvectl("revert", this.#bridge);
    } catch (error) {
      // With the bridge its settings have gone.
      if (!(error instanceof CommandError)) throw error;
    }
  }

  #then(step: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(step).catch((error: unknown) => {
      this.#options.log.error({ err: error }, "systemd-resolved could not be told of the cluster's domain");
    });
    return this.#last;
  }

  #resolvectl(...args: string[]): Promise<void> {
    return this.#run("resolvectl", args);
  }

  async #run(command: string, args: readonly string[]): Promise<void> {
    const { run = runCommand } = this.#options;
    await run(command, args);
  }
}

async function resolvedRuns(): Promise<boolean> {
  return access(await onHost(resolvedSocket)).then(
    () => true,
    () => false,
  );
}
