/** Makes a Pod's volumes, keeps them up to date, and renews the tokens in them. */
import type { Stored } from "../machinery/object.ts";
import type { Pod } from "../machinery/types.ts";
import { referencesOf } from "./pod-container.ts";
import type { PodState } from "./pod-state.ts";
import { podReference } from "./references.ts";
import { type MadeVolume, MountError, makeVolumes } from "./volumes/pod-volumes.ts";
import { type TokenRequest, VolumeError } from "./volumes/projection.ts";
import { TokenCache } from "./volumes/token-cache.ts";

export class PodMounter {
  readonly #state: PodState;
  readonly #onDue: () => void;
  readonly #tokens: TokenCache;
  #renewal: Disposable | undefined;
  #made: ReadonlyMap<string, MadeVolume> | undefined;

  /** @param onDue called when a token is to be renewed. */
  constructor(state: PodState, onDue: () => void) {
    const { parts, key, uid } = state;
    this.#state = state;
    this.#onDue = onDue;
    this.#tokens = new TokenCache(
      async ({ audience, expirationSeconds }) =>
        parts.issueToken({
          namespace: key.namespace ?? "",
          serviceAccount: state.read()?.spec?.serviceAccountName || "default",
          ...(audience && { audiences: [audience] }),
          expirationSeconds,
          pod: { name: key.name, uid },
        }),
      parts.clock,
    );
  }

  /** The volumes as they were made; undefined when they are to be made, or made anew. */
  get made(): ReadonlyMap<string, MadeVolume> | undefined {
    return this.#made;
  }

  /** Something that they show has changed. */
  invalidate(): void {
    this.#made = undefined;
  }

  /** @throws MountError after its Event. */
  async mount(pod: Stored<Pod>): Promise<ReadonlyMap<string, MadeVolume>> {
    const { parts, directory } = this.#state;
    const context = {
      pod,
      references: referencesOf(parts, pod),
      facts: this.#state.facts(this.#state.podIp(this.#state.view())),
      token: (request: TokenRequest) => this.#token(request),
    };
    try {
      this.#made = await makeVolumes(directory, context, parts.runtime, parts.clock);
    } catch (error) {
      if (error instanceof MountError) {
        parts.events.record(podReference(pod), "Warning", "FailedMount", error.message);
      }
      throw error;
    }
    this.#planRenewal();
    return this.#made;
  }

  stop(): void {
    this.#renewal?.[Symbol.dispose]();
  }

  async #token(request: TokenRequest): Promise<string> {
    try {
      return await this.#tokens.get(request);
    } catch (error) {
      throw new VolumeError(`failed to fetch token: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #planRenewal(): void {
    const { renewAt } = this.#tokens;
    if (renewAt === undefined) return;
    const { clock } = this.#state.parts;
    this.#renewal?.[Symbol.dispose]();
    this.#renewal = clock.after(renewAt - clock.now(), this.#onDue);
  }
}
