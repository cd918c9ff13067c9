/** One probe of one container instance, repeated: counts results against the thresholds and tells when the verdict changes. */
import type { Clock } from "../../machinery/clock.ts";
import type { Probe } from "../../machinery/types.ts";
import type { Outcome } from "./outcome.ts";

/**
 * In the first second a closed port is no verdict: the process may be about to open it, and the next regular attempt
 * may be 10 seconds away. Kubernetes gains that second by the way it learns of new containers.
 */
const settlingMs = 1_000;
const firstRetryMs = 25;

export interface ProberOptions {
  probe: Probe;
  /** When the container started, in milliseconds since the epoch. */
  startedAt: number;
  /** The verdict to begin with. */
  initial: boolean;
  clock: Clock;
  attempt: (timeoutMs: number) => Promise<Outcome>;
  onVerdict: (verdict: boolean) => void;
  onFailure: (output: string) => void;
  onWarning: (output: string) => void;
  onError: (error: Error) => void;
}

export class Prober {
  readonly #options: ProberOptions;
  readonly #begun: number;
  #timer: Disposable | undefined;
  #stopped = false;
  #verdict: boolean;
  #last: boolean | undefined;
  #row = 0;
  #retryMs = firstRetryMs;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#verdict = options.initial;
    const { clock, probe, startedAt } = options;
    const due = startedAt + (probe.initialDelaySeconds ?? 0) * 1000;
    this.#begun = Math.max(due, clock.now());
    this.#schedule(due - clock.now());
  }

  get verdict(): boolean {
    return this.#verdict;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  #schedule(ms: number): void {
    this.#timer = this.#options.clock.after(ms, () => void this.#run());
  }

  async #run(): Promise<void> {
    const { probe, attempt, clock, onError } = this.#options;
    const period = (probe.periodSeconds ?? 10) * 1000;
    const begun = clock.now();
    try {
      const outcome = await attempt((probe.timeoutSeconds ?? 1) * 1000);
      if (this.#stopped) return;
      if (outcome.refused && this.#last === undefined && clock.now() - this.#begun < settlingMs) {
        this.#schedule(this.#retryMs);
        this.#retryMs *= 2;
        return;
      }
      this.#count(outcome);
    } catch (error) {
      // An attempt that could not be made says nothing about the container.
      if (!this.#stopped) onError(error instanceof Error ? error : new Error(String(error)));
    }
    if (!this.#stopped) this.#schedule(Math.max(0, begun + period - clock.now()));
  }

  #count({ result, output }: Outcome): void {
    const { probe, onFailure, onWarning, onVerdict } = this.#options;
    const success = result !== "failure";
    if (result === "failure") onFailure(output);
    if (result === "warning") onWarning(output);
    this.#row = this.#last === success ? this.#row + 1 : 1;
    this.#last = success;
    const threshold = success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#row < threshold) return;
    const changed = this.#verdict !== success;
    this.#verdict = success;
    if (changed) onVerdict(success);
  }
}
