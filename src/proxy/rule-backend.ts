/** The port between the proxy and the ways of putting rules in force. Calls never overlap. */
import type { RuleChange, RuleSet } from "./compile.ts";

export interface RuleBackend {
  /** Puts exactly these rules in force, whatever was there before. Resolves when they are; may be repeated. */
  replace(rules: RuleSet): Promise<void>;

  /**
   * Puts changes in force on top of the rules of the last call. Resolves when they are.
   * After an error the rules are unknown: {@link replace} comes next.
   * @param rules all of them, as they are after the changes.
   */
  change(changes: readonly RuleChange[], rules: RuleSet): Promise<void>;

  /** Ends what the back end runs in this process. */
  stop(): Promise<void>;
}
