/** A socket of the userspace proxy, listening on one address and port. */
export interface Listener {
  /** Takes nothing new at once; resolves when what is under way has finished. */
  close(): Promise<void>;
  /** Ends everything. */
  destroy(): void;
}
