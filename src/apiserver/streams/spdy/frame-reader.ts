/** Cuts a stream of bytes, in whatever pieces it comes, into SPDY frames. */
import { decodeControl, type Frame, SpdyError } from "./frame.ts";

/**
 * Longest control frame taken. The streams of Kubernetes' protocols carry a handful of short headers; a frame may
 * claim 16 MiB, and would be held in memory until it is complete.
 */
const maxControlLength = 64 * 1024;

/** What is known of a data frame whose payload has not all come yet. */
interface OpenData {
  streamId: number;
  fin: boolean;
  remaining: number;
}

export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);
  #open: OpenData | undefined;

  /**
   * Takes the next bytes and yields every frame they complete. Data frames are not waited for: what has come of one is
   * yielded as a data frame of its own (`fin` on the last), so that memory is bounded by the size of a chunk.
   * @throws SpdyError at the first frame that is not SPDY/3.
   */
  *push(chunk: Buffer): Generator<Frame> {
    let bytes = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    this.#pending = Buffer.alloc(0);
    while (bytes.length > 0) {
      if (this.#open) {
        const data = bytes.subarray(0, this.#open.remaining);
        bytes = bytes.subarray(data.length);
        yield this.#partOfData(this.#open, data);
        continue;
      }
      if (bytes.length < 8) break;
      const first = bytes.readUInt32BE(0);
      const flags = bytes.readUInt8(4);
      const length = bytes.readUInt32BE(4) & 0xffffff;
      if ((first & 0x80000000) === 0) {
        this.#open = openData(first, flags, length);
        bytes = bytes.subarray(8);
        if (length === 0) yield this.#partOfData(this.#open, bytes.subarray(0, 0));
        continue;
      }
      checkControl(first, length);
      if (bytes.length < 8 + length) break;
      const frame = decodeControl(first & 0xffff, flags, bytes.subarray(8, 8 + length));
      bytes = bytes.subarray(8 + length);
      if (frame) yield frame;
    }
    // A copy, so that a few bytes do not keep the whole chunk alive.
    this.#pending = Buffer.from(bytes);
  }

  #partOfData(open: OpenData, data: Buffer): Frame {
    open.remaining -= data.length;
    const last = open.remaining === 0;
    if (last) this.#open = undefined;
    return { type: "data", streamId: open.streamId, fin: open.fin && last, data };
  }
}

function openData(streamId: number, flags: number, length: number): OpenData {
  if (streamId === 0) throw new SpdyError("data frame on stream 0");
  return { streamId, fin: (flags & 1) !== 0, remaining: length };
}

function checkControl(first: number, length: number): void {
  const version = (first >>> 16) & 0x7fff;
  if (version !== 3) throw new SpdyError(`control frame of SPDY version ${version}, this end speaks version 3`);
  if (length > maxControlLength) throw new SpdyError(`control frame of ${length} bytes is too long`);
}
