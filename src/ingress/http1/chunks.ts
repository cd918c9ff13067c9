/** Follows a chunked body to its end. Rule: RFC 9112 section 7.1, read strictly. */
import { BadMessage } from "./head.ts";

type Part =
  | "size"
  | "extension"
  | "size-end"
  | "data"
  | "data-end"
  | "trailer-start"
  | "trailer"
  | "trailer-end"
  | "end";

const cr = 0x0d;
const lf = 0x0a;
const semicolon = 0x3b;
const longestSize = 12;
/** Extensions and trailers, which nobody needs, are not a way to fill the memory or to keep a connection busy. */
const mostExtra = 16 * 1024;

export class ChunkedBody {
  #part: Part = "size";
  #digits = 0;
  #size = 0;
  #left = 0;
  #extra = 0;
  #emptyLine = false;
  /** Bytes of content so far, without the framing. */
  contentBytes = 0;

  /**
   * Reads on from `start`.
   * @param onContent is given each piece of content.
   * @returns where the message ends (the first byte after it), or -1 when it goes on.
   * @throws BadMessage
   */
  read(data: Buffer, start: number, onContent?: (piece: Buffer) => void): number {
    let at = start;
    while (at < data.length) {
      if (this.#part === "data") {
        const end = Math.min(data.length, at + this.#left);
        onContent?.(data.subarray(at, end));
        this.contentBytes += end - at;
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#part = "data-end";
        continue;
      }
      this.#step(data[at] ?? 0);
      at++;
      if (this.#part === "end") return at;
    }
    return -1;
  }

  #step(byte: number): void {
    switch (this.#part) {
      case "size":
        return this.#readSize(byte);
      case "extension":
        this.#countExtra();
        if (byte === cr) this.#part = "size-end";
        else if (byte === lf) throw new BadMessage("a chunk's size does not end in CR LF");
        return undefined;
      case "size-end":
        if (byte !== lf) throw new BadMessage("a chunk's size does not end in CR LF");
        this.#left = this.#size;
        this.#part = this.#size === 0 ? "trailer-start" : "data";
        this.#size = 0;
        this.#digits = 0;
        return undefined;
      case "data-end":
        if (byte !== (this.#emptyLine ? lf : cr)) throw new BadMessage("a chunk is longer than its size");
        if (this.#emptyLine) this.#part = "size";
        this.#emptyLine = !this.#emptyLine;
        return undefined;
      default:
        return this.#readTrailer(byte);
    }
  }

  #readSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0 && this.#digits < longestSize) {
      this.#size = this.#size * 16 + digit;
      this.#digits++;
    } else if (this.#digits > 0 && byte === cr) this.#part = "size-end";
    else if (this.#digits > 0 && byte === semicolon) this.#part = "extension";
    else throw new BadMessage("the size of a chunk is not a number");
  }

  #readTrailer(byte: number): void {
    this.#countExtra();
    if (this.#part === "trailer-start") {
      this.#emptyLine = byte === cr;
      this.#part = byte === cr ? "trailer-end" : "trailer";
    } else if (this.#part === "trailer") {
      if (byte === cr) this.#part = "trailer-end";
      else if (byte === lf) throw new BadMessage("a trailer does not end in CR LF");
    } else {
      if (byte !== lf) throw new BadMessage("a trailer does not end in CR LF");
      this.#part = this.#emptyLine ? "end" : "trailer-start";
    }
  }

  #countExtra(): void {
    if (++this.#extra > mostExtra) throw new BadMessage("the extensions and trailers of a body are too long");
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

const lineEnd = Buffer.from("\r\n");

/** The piece as a chunk. */
export function chunkOf(piece: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`, "latin1"), piece, lineEnd]);
}

export const lastChunk = Buffer.from("0\r\n\r\n");
