/**
 * Header blocks (SPDY Protocol Draft 3, section 2.6.10): names and values with their lengths, through one zlib stream
 * per direction for the whole session.
 */
import { constants, createInflate, type Inflate } from "node:zlib";
import { headerDictionary, headerDictionaryId } from "./dictionary.ts";
import { SpdyError } from "./frame.ts";

/** Names in lower case. Several values of one name are joined by NUL, as on the wire. */
export type Headers = ReadonlyMap<string, string>;

const maxHeaderBytes = 64 * 1024;
/** Most that one stored deflate block holds (RFC 1951, section 3.2.4). */
const maxStored = 0xffff;

/**
 * Writes header blocks as *stored* deflate blocks: a valid zlib stream that needs no compressor state, so that frames
 * can be written synchronously. What this end sends are empty blocks in answer to SYN_STREAM; nothing is lost.
 */
export class HeaderBlockEncoder {
  #started = false;

  encode(headers: Headers): Buffer {
    const block = serialize(headers);
    const parts: Buffer[] = this.#started ? [] : [zlibHeader()];
    this.#started = true;
    for (let offset = 0; offset < block.length; offset += maxStored) {
      parts.push(storedBlock(block.subarray(offset, offset + maxStored)));
    }
    // An empty block at the end, as a sync flush leaves it: Go's decompressor hands out what it has when it meets one.
    parts.push(storedBlock(Buffer.alloc(0)));
    return Buffer.concat(parts);
  }
}

/** Reads header blocks. They must be decoded in the order in which they came, each before the next. */
export class HeaderBlockDecoder implements Disposable {
  readonly #inflate: Inflate;
  #output: Buffer[] = [];
  #size = 0;
  #failure: Error | undefined;
  #abort: (() => void) | undefined;

  constructor() {
    this.#inflate = createInflate({ dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH });
    this.#inflate.on("data", (chunk: Buffer) => {
      this.#size += chunk.length;
      if (this.#size > maxHeaderBytes) this.#inflate.destroy(new SpdyError("header block is too long"));
      else this.#output.push(chunk);
    });
    this.#inflate.on("error", (error) => {
      this.#failure = error;
    });
    // A destroyed stream does not call back for the write under way.
    this.#inflate.on("close", () => this.#abort?.());
  }

  /** @throws SpdyError when the block is not what the protocol says. */
  async decode(block: Buffer): Promise<Headers> {
    this.#output = [];
    this.#size = 0;
    await new Promise<void>((resolve) => {
      this.#abort = resolve;
      this.#inflate.write(block, () => resolve());
    });
    if (this.#failure) throw new SpdyError(`header block cannot be decompressed: ${this.#failure.message}`);
    return parse(Buffer.concat(this.#output));
  }

  [Symbol.dispose](): void {
    this.#inflate.destroy();
  }
}

function serialize(headers: Headers): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(headers.size);
  const texts = [...headers].flatMap(([name, value]) => [name.toLowerCase(), value]);
  return Buffer.concat([count, ...texts.map(lengthPrefixed)]);
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function parse(block: Buffer): Headers {
  let offset = 0;
  const length = () => {
    if (offset + 4 > block.length) throw new SpdyError("header block ends early");
    offset += 4;
    return block.readUInt32BE(offset - 4);
  };
  const text = () => {
    const end = length() + offset;
    if (end > block.length) throw new SpdyError("header block ends early");
    const value = block.toString("utf8", offset, end);
    offset = end;
    return value;
  };
  const headers = new Map<string, string>();
  for (let remaining = length(); remaining > 0; remaining--) {
    const name = text();
    if (name === "") throw new SpdyError("header without a name");
    headers.set(name.toLowerCase(), text());
  }
  return headers;
}

/** 32 KiB window, a preset dictionary and its id (RFC 1950, section 2.2). */
function zlibHeader(): Buffer {
  const header = Buffer.from([0x78, 0x20, 0, 0, 0, 0]);
  // The two first bytes, read as a number, must be a multiple of 31.
  const remainder = header.readUInt16BE(0) % 31;
  header.writeUInt16BE(header.readUInt16BE(0) + (31 - remainder), 0);
  header.writeUInt32BE(headerDictionaryId, 2);
  return header;
}

function storedBlock(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(bytes.length, 1);
  head.writeUInt16LE(~bytes.length & 0xffff, 3);
  return Buffer.concat([head, bytes]);
}
