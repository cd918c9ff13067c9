/** The port between the proxy and the ways of putting rules in force. Calls never overlap. */
import type { RuleChange, RuleSet } from "./compile.ts";

/** One end of a connection. */
export interface Endpoint {
  address: string;
  port: number;
}

export interface RuleBackend {
  /** Puts exactly these rules in force, whatever was there before. Resolves when they are; may be repeated. */
  replace(rules: RuleSet): Promise<void>;

  /**
   * Puts changes in force on top of the rules of the last call. Resolves when they are.
   * After an error the rules are unknown: {@link replace} comes next.
   * @param rules all of them, as they are after the changes.
   */
  change(changes: readonly RuleChange[], rules: RuleSet): Promise<void>;

  /** Whether what was put in force last is there still: everybody with the rights may remove rules from the kernel. */
  isInForce(): Promise<boolean>;

  /** Where an open TCP connection from `client` to `frontend` was sent; undefined when that is not known. */
  targetOf(client: Endpoint, frontend: Endpoint): Promise<{ ip: string; port: number } | undefined>;

  /** Ends what the back end runs in this process. */
  stop(): Promise<void>;
}
