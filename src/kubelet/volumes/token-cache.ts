/** Tokens that a Pod's volumes show, each kept until it is due for another. */
import type { Clock } from "../../machinery/clock.ts";
import type { TokenRequest } from "./projection.ts";

interface Kept {
  token: string;
  renewAt: number;
}

/** A token is replaced after this part of its life, and after a day at the latest. Rule: https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken */
const renewAfter = 0.8;
const longestMs = 24 * 60 * 60 * 1000;

export class TokenCache {
  readonly #kept = new Map<string, Kept>();
  readonly #issue: (request: TokenRequest) => Promise<{ token: string; expirationTimestamp: string }>;
  readonly #clock: Clock;

  constructor(issue: (request: TokenRequest) => Promise<{ token: string; expirationTimestamp: string }>, clock: Clock) {
    this.#issue = issue;
    this.#clock = clock;
  }

  async get(request: TokenRequest): Promise<string> {
    const key = JSON.stringify([request.audience, request.expirationSeconds]);
    const now = this.#clock.now();
    const present = this.#kept.get(key);
    if (present && present.renewAt > now) return present.token;
    const { token, expirationTimestamp } = await this.#issue(request);
    const life = Math.max(0, Date.parse(expirationTimestamp) - now);
    this.#kept.set(key, { token, renewAt: now + Math.min(longestMs, life * renewAfter) });
    return token;
  }

  /** When the first of them is due, in milliseconds since the epoch; undefined when there is none. */
  get renewAt(): number | undefined {
    const times = [...this.#kept.values()].map(({ renewAt }) => renewAt);
    return times.length > 0 ? Math.min(...times) : undefined;
  }
}
