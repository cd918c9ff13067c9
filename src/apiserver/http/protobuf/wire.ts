/** Protobuf's wire format. Rule: https://protobuf.dev/programming-guides/encoding/ */

/** One field of a message: a number as it was written, or the bytes of a text, a message or packed numbers. */
export type WireField = { number: number } & (
  | { wire: "varint" | "fixed"; value: bigint }
  | { wire: "bytes"; value: Buffer }
);

/** What was sent is no protobuf message. */
export class ProtobufError extends Error {}

/** @throws ProtobufError */
export function* fieldsOf(message: Buffer): Generator<WireField> {
  const reader = new Reader(message);
  while (!reader.done) {
    const tag = Number(reader.varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { number, wire: "varint", value: reader.varint() };
        break;
      case 1:
        yield { number, wire: "fixed", value: reader.bytes(8).readBigUInt64LE() };
        break;
      case 2:
        yield { number, wire: "bytes", value: reader.bytes(Number(reader.varint())) };
        break;
      case 5:
        yield { number, wire: "fixed", value: BigInt(reader.bytes(4).readUInt32LE()) };
        break;
      default:
        throw new ProtobufError(`proto: illegal wireType ${tag & 7}`);
    }
  }
}

/** Several numbers in one field. @throws ProtobufError */
export function packedVarints(bytes: Buffer): bigint[] {
  const reader = new Reader(bytes);
  const values: bigint[] = [];
  while (!reader.done) values.push(reader.varint());
  return values;
}

/** A signed number of 64 bits, as int32 and int64 are written. Beyond 2^53 it loses its last digits, as JSON numbers do. */
export function signed(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new ProtobufError("unexpected EOF");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ProtobufError("proto: integer overflow");
  }

  bytes(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new ProtobufError("unexpected EOF");
    const slice = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return slice;
  }
}
