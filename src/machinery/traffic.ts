/**
 * What the proxy has put in force (and, for headless Services, the Ingress controller), for those who must not run ahead of
 * it: a Pod counts as available only once every Service that selects it sends traffic to it, and gets SIGTERM only after none
 * does (docs/adr/0003-traffic-before-status.md).
 */
export interface Traffic {
  /**
   * UIDs of the Pods that new connections to the Service may reach under the rules in force now.
   * Undefined for a Service that is not known, or is no concern of whoever is asked.
   */
  podsInForce(namespace: string, service: string): ReadonlySet<string> | undefined;

  /** Calls `listener` with the UIDs of the Pods that entered or left the rules, after each change in force. */
  onChange(listener: (podUids: ReadonlySet<string>) => void): Disposable;
}

/**
 * What several know together, each of its own Services.
 * @param sources the first that knows a Service has its word.
 */
export function joinTraffic(...sources: readonly Traffic[]): Traffic {
  return {
    podsInForce(namespace, service) {
      for (const source of sources) {
        const pods = source.podsInForce(namespace, service);
        if (pods) return pods;
      }
      return undefined;
    },
    onChange(listener) {
      const subscriptions = sources.map((source) => source.onChange(listener));
      return {
        [Symbol.dispose]() {
          for (const subscription of subscriptions) subscription[Symbol.dispose]();
        },
      };
    },
  };
}

/** For tests and for running without a proxy: everything counts as in force. */
export const noTraffic: Traffic = {
  podsInForce: () => undefined,
  onChange: () => ({ [Symbol.dispose]() {} }),
};
