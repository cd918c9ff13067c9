import { describe, expect, test } from "vitest";
import { headerDictionary, headerDictionaryId } from "./dictionary.ts";
import { encodeFrame, type Frame, SpdyError } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { HeaderBlockDecoder, HeaderBlockEncoder } from "./header-block.ts";

/** What kubectl 1.27 sent for `echo hello | kubectl exec -i`: four streams, stdin's data and end, then its good-bye. */
const kubectl = Buffer.from(
  "8003000100000029000000010000000000" +
    "0078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff" +
    "80030001000000170000000300000000" +
    "0000c22e555c92929907000000ffff" +
    "80030001000000190000000500000000" +
    "0000c22ac5565c92925f5a02000000ffff" +
    "80030001000000150000000700000000" +
    "0000c229975a5404000000ffff" +
    "000000030000000668656c6c6f0a" +
    "0000000301000000" +
    "80030003000000080000000100000005" +
    "80030007000000080000000000000000",
  "hex",
);

function read(chunks: Iterable<Buffer>): Frame[] {
  const reader = new FrameReader();
  return [...chunks].flatMap((chunk) => [...reader.push(chunk)]);
}

/** Joins the parts of data frames, which come in whatever pieces the bytes came in. */
function joined(frames: readonly Frame[]): Frame[] {
  const result: Frame[] = [];
  for (const frame of frames) {
    const last = result.at(-1);
    const continues = frame.type === "data" && last?.type === "data" && last.streamId === frame.streamId && !last.fin;
    if (continues && frame.data.length > 0) last.data = Buffer.concat([last.data, frame.data]);
    else if (frame.type !== "data" || frame.data.length > 0 || frame.fin) result.push({ ...frame });
  }
  return result;
}

describe("dictionary", () => {
  test("is the one the protocol names", () => {
    let [low, high] = [1, 0];
    for (const byte of headerDictionary) {
      low = (low + byte) % 65521;
      high = (high + low) % 65521;
    }
    expect(headerDictionary.length).toBe(1423);
    expect(((high << 16) | low) >>> 0).toBe(headerDictionaryId);
  });
});

describe("frames of kubectl", () => {
  test("are read", async () => {
    const frames = read([kubectl]);
    expect(frames.map((frame) => frame.type)).toEqual([
      ...Array(4).fill("synStream"),
      "data",
      "data",
      "rstStream",
      "goAway",
    ]);
    using decoder = new HeaderBlockDecoder();
    const types: (string | undefined)[] = [];
    for (const frame of frames) {
      if (frame.type === "synStream") types.push((await decoder.decode(frame.headerBlock)).get("streamtype"));
    }
    expect(types).toEqual(["error", "stdin", "stdout", "stderr"]);
    expect(frames[4]).toMatchObject({ streamId: 3, fin: false, data: Buffer.from("hello\n") });
    expect(frames[5]).toMatchObject({ streamId: 3, fin: true, data: Buffer.alloc(0) });
  });

  test("are read the same wherever the bytes are split", () => {
    const whole = joined(read([kubectl]));
    for (let at = 1; at < kubectl.length; at++) {
      expect(joined(read([kubectl.subarray(0, at), kubectl.subarray(at)])), `split at ${at}`).toEqual(whole);
    }
    expect(joined(read([...kubectl].map((byte) => Buffer.from([byte]))))).toEqual(whole);
  });
});

describe("encodeFrame", () => {
  const frames: [Frame, string][] = [
    [{ type: "data", streamId: 5, fin: true, data: Buffer.from("ab") }, "00000005010000026162"],
    [{ type: "synReply", streamId: 3, fin: false, headerBlock: Buffer.from([9]) }, "80030002000000050000000309"],
    [{ type: "headers", streamId: 3, fin: true, headerBlock: Buffer.from([9]) }, "80030008010000050000000309"],
    [{ type: "rstStream", streamId: 3, status: 5 }, "80030003000000080000000300000005"],
    [{ type: "settings", values: [{ id: 7, value: 65536 }] }, "800300040000000c000000010000000700010000"],
    [{ type: "ping", id: 2 }, "800300060000000400000002"],
    [{ type: "goAway", lastStreamId: 7, status: 0 }, "80030007000000080000000700000000"],
    [{ type: "windowUpdate", streamId: 0, delta: 32768 }, "80030009000000080000000000008000"],
    [
      { type: "synStream", streamId: 1, fin: true, unidirectional: false, headerBlock: Buffer.from([9]) },
      "800300010100000b0000000100000000000009",
    ],
  ];
  test.each(frames)("%j", (frame, hex) => {
    const bytes = encodeFrame(frame);
    expect(bytes.toString("hex")).toBe(hex);
    expect(read([bytes])).toEqual([frame]);
  });
});

describe("what is no SPDY/3", () => {
  test.each([
    ["another version", "8002000600000004", /version 2/],
    ["a control frame of a megabyte", "8003000400100000", /too long/],
    ["data for stream 0", "0000000000000001ff", /stream 0/],
    ["a reset of stream 0", "80030003000000080000000000000005", /stream 0/],
    ["a reset that is too short", "800300030000000400000001", /only 4 bytes/],
    ["settings that end early", "80030004000000040000ffff", /ends before/],
  ])("%s", (_name, hex, message) => {
    expect(() => read([Buffer.from(hex, "hex")])).toThrow(SpdyError);
    expect(() => read([Buffer.from(hex, "hex")])).toThrow(message);
  });

  test("an unknown kind of frame is passed over", () => {
    const ping = "800300060000000400000001";
    expect(read([Buffer.from(`8003000a00000002abcd${ping}`, "hex")])).toEqual([{ type: "ping", id: 1 }]);
  });
});

describe("header blocks", () => {
  test("what is written is read, one block after the other", async () => {
    const encoder = new HeaderBlockEncoder();
    using decoder = new HeaderBlockDecoder();
    for (const headers of [
      new Map([
        ["streamtype", "data"],
        ["port", "80"],
      ]),
      new Map<string, string>(),
      new Map([["long", "x".repeat(60_000)]]),
      new Map([["name", "wert\0zweiter"]]),
    ]) {
      expect(await decoder.decode(encoder.encode(headers))).toEqual(headers);
    }
  });

  test("names are made lower case", async () => {
    using decoder = new HeaderBlockDecoder();
    const block = new HeaderBlockEncoder().encode(new Map([["StreamType", "data"]]));
    expect((await decoder.decode(block)).get("streamtype")).toBe("data");
  });

  test.each([
    ["garbage", Buffer.from("no zlib here")],
    ["a block of a megabyte", new HeaderBlockEncoder().encode(new Map([["x", "y".repeat(1_000_000)]]))],
  ])("%s is refused", async (_name, block) => {
    using decoder = new HeaderBlockDecoder();
    await expect(decoder.decode(block)).rejects.toThrow(SpdyError);
  });
});
