/** Writes protobuf messages: a message is the concatenation of its fields. */

/** A length-delimited field: a text, or a message made of fields. Nothing for an absent text. */
export function bytesField(number: number, content: string | Buffer | undefined): Buffer {
  if (content === undefined) return nothing;
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

/** A field that is a message. */
export function messageField(number: number, ...fields: readonly Buffer[]): Buffer {
  return bytesField(number, Buffer.concat(fields));
}

/** A boolean field; nothing for false, which is what an absent one means. */
export function booleanField(number: number, value: unknown): Buffer {
  return value === true ? Buffer.concat([varint(number << 3), varint(1)]) : nothing;
}

const nothing = Buffer.alloc(0);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
