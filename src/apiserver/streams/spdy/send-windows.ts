/**
 * How much may be sent (SPDY Protocol Draft 3.1, section 2.6.8): a window per stream and one for the session.
 *
 * Go's spdystream, which every kubectl uses, neither keeps windows nor sends WINDOW_UPDATE: to hold back after the
 * first 64 KiB would be to wait for ever. So the windows bind only once the peer has shown that it keeps them, by a
 * WINDOW_UPDATE or a SETTINGS frame; what was sent until then counts.
 */
const defaultWindow = 64 * 1024;

export class SendWindows {
  #binding = false;
  #initial = defaultWindow;
  #session = defaultWindow;
  readonly #streams = new Map<number, number>();

  open(streamId: number): void {
    this.#streams.set(streamId, this.#initial);
  }

  close(streamId: number): void {
    this.#streams.delete(streamId);
  }

  /** Bytes that may be sent on the stream now; may be 0 or negative. */
  allowance(streamId: number): number {
    if (!this.#binding) return Number.POSITIVE_INFINITY;
    return Math.min(this.#session, this.#streams.get(streamId) ?? 0);
  }

  sent(streamId: number, bytes: number): void {
    this.#session -= bytes;
    this.#streams.set(streamId, (this.#streams.get(streamId) ?? 0) - bytes);
  }

  /** @param streamId 0 for the session's own window. */
  update(streamId: number, delta: number): void {
    this.#binding = true;
    if (streamId === 0) this.#session += delta;
    else if (this.#streams.has(streamId)) this.#streams.set(streamId, (this.#streams.get(streamId) ?? 0) + delta);
  }

  /** The peer's setting of the initial window; it moves the windows of open streams too (section 2.6.8). */
  setInitial(size: number): void {
    this.#binding = true;
    const change = size - this.#initial;
    this.#initial = size;
    for (const [id, window] of this.#streams) this.#streams.set(id, window + change);
  }
}
