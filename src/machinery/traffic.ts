/**
 * What the proxy has put in force, for those who must not run ahead of it: a Pod counts as available only once
 * every Service that selects it sends traffic to it, and gets SIGTERM only after none does
 * (docs/adr/0003-traffic-before-status.md).
 */
export interface Traffic {
  /**
   * UIDs of the Pods that new connections to the Service may reach under the rules in force now.
   * Undefined when the proxy has not seen the Service (or does not run).
   */
  podsInForce(namespace: string, service: string): ReadonlySet<string> | undefined;

  /** Calls `listener` with the UIDs of the Pods that entered or left the rules, after each change in force. */
  onChange(listener: (podUids: ReadonlySet<string>) => void): Disposable;
}

/** For tests and for running without a proxy: everything counts as in force. */
export const noTraffic: Traffic = {
  podsInForce: () => undefined,
  onChange: () => ({ [Symbol.dispose]() {} }),
};
