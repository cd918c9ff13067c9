import { expect, it } from "vitest";
import { ChunkedBody, chunkOf, lastChunk } from "./chunks.ts";

/** Reads it in pieces of a size. @returns the content and what is left over; undefined while it goes on. */
function read(text: string, size: number): { content: string; rest: string } | undefined {
  const body = new ChunkedBody();
  const data = Buffer.from(text, "latin1");
  let content = "";
  for (let at = 0; at < data.length; at += size) {
    const piece = data.subarray(at, at + size);
    const end = body.read(piece, 0, (part) => {
      content += part.toString("latin1");
    });
    if (end >= 0) return { content, rest: data.subarray(at + end).toString("latin1") };
  }
  return undefined;
}

const sizes = [1, 2, 3, 7, 1000];

it.each([
  ["0\r\n\r\n", "", ""],
  ["5\r\nhello\r\n0\r\n\r\n", "hello", ""],
  ["5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /", "hello world", "GET /"],
  ["A;name=value\r\n0123456789\r\n00\r\n\r\n", "0123456789", ""],
  ["1\r\n\r\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\nrest", "\r", "rest"],
])("%j holds %j", (text, content, rest) => {
  for (const size of sizes) expect(read(text, size)).toEqual({ content, rest });
});

it.each(["5\r\nhel", "5\r\nhello\r\n0\r\n", "5\r\nhello\r\n0\r\nTrailer: x\r\n"])("%j goes on", (text) => {
  for (const size of sizes) expect(read(text, size)).toBeUndefined();
});

it.each([
  "\r\n",
  "x\r\n",
  "-5\r\nhello",
  "0x5\r\nhello",
  "5 \r\nhello\r\n",
  "5\nhello\r\n0\r\n\r\n",
  "5\r\nhello!\r\n0\r\n\r\n",
  "5\r\nhello\n0\r\n\r\n",
  "5;a\nb\r\nhello\r\n",
  "fffffffffffffffff\r\n",
  "0\r\nA: b\n\r\n",
  `0\r\nA: ${"x".repeat(20_000)}`,
])("%j is refused", (text) => {
  for (const size of sizes) expect(() => read(text, size)).toThrow();
});

it("what is written can be read", () => {
  const pieces = ["hello", "x".repeat(300)].map((text) => chunkOf(Buffer.from(text)));
  expect(read(Buffer.concat([...pieces, lastChunk]).toString(), 10)?.content).toBe(`hello${"x".repeat(300)}`);
});
