import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { demultiplex, frames } from "./frames.ts";

function frame(stream: 1 | 2, text: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

const whole = Buffer.concat([frame(1, "one\n"), frame(2, "bad\n"), frame(1, ""), frame(1, "two\n")]);

test.each([1, 3, 7, 8, 9, whole.length])("in pieces of %i bytes", async (size) => {
  const pieces = [];
  for (let at = 0; at < whole.length; at += size) pieces.push(whole.subarray(at, at + size));
  const text = { stdout: "", stderr: "" };
  for await (const { stream, data } of frames(Readable.from(pieces))) text[stream] += data.toString();
  expect(text).toEqual({ stdout: "one\ntwo\n", stderr: "bad\n" });
});

test("data is passed on before its frame is complete", async () => {
  const source = new PassThrough();
  const parts = frames(source);
  source.write(frame(1, "prompt> and more").subarray(0, 15));
  expect((await parts.next()).value).toMatchObject({ data: Buffer.from("prompt>") });
  source.end();
});

test("a sink that goes away does not hold up the other", async () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stderr.destroy();
  await demultiplex(Readable.from([whole]), stdout, stderr);
  expect(String(stdout.read())).toBe("one\ntwo\n");
});
