/** Those who are told of every committed change of a resource, in order. */
import type { Change } from "./change.ts";

/** Must be quick; one that throws is told nothing more, and its `onFailure` gets the error. */
export interface Subscriber {
  onChange(change: Change): void;
  onFailure(error: unknown): void;
}

interface Subscription {
  subscriber: Subscriber;
  /** It has seen the state up to here, and is told only of what came after. */
  from: number;
}

export class Subscribers {
  readonly #byResource = new Map<string, Set<Subscription>>();

  add(resource: string, from: number, subscriber: Subscriber): Disposable {
    const subscription = { subscriber, from };
    const subscriptions = this.#byResource.get(resource) ?? new Set();
    this.#byResource.set(resource, subscriptions);
    subscriptions.add(subscription);
    return {
      [Symbol.dispose]: () => {
        subscriptions.delete(subscription);
      },
    };
  }

  tell(change: Change): void {
    const subscriptions = this.#byResource.get(change.resource);
    if (!subscriptions) return;
    for (const subscription of subscriptions) {
      // One who came while the others were being told has read the state after this change.
      if (change.revision <= subscription.from) continue;
      try {
        subscription.subscriber.onChange(change);
      } catch (error) {
        subscriptions.delete(subscription);
        subscription.subscriber.onFailure(error);
      }
    }
  }
}
