import { describe, expect, test } from "vitest";
import { parseTerminalSize } from "./command-channels.ts";
import { JsonObjectSplitter } from "./json-object-splitter.ts";

describe("parseTerminalSize", () => {
  test.each([
    ['{"Width":80,"Height":24}', { columns: 80, rows: 24 }],
    ['{"width":80,"height":24}\n', { columns: 80, rows: 24 }],
    ['{"Width":0,"Height":0}', undefined],
    ['{"Width":80}', undefined],
    ['{"Width":"80","Height":24}', undefined],
    ['{"Width":70000,"Height":24}', undefined],
    ["null", undefined],
    ["{", undefined],
  ])("%s", (text, size) => {
    expect(parseTerminalSize(text)).toEqual(size);
  });
});

describe("JsonObjectSplitter", () => {
  const text = '{"Width":1,"Height":2}\n{"Width":3,"Height":4}\n';

  test("cuts the same wherever the text is split", () => {
    for (let at = 0; at <= text.length; at++) {
      const splitter = new JsonObjectSplitter();
      const parts = [...splitter.push(text.slice(0, at)), ...splitter.push(text.slice(at))];
      expect(parts).toEqual(['{"Width":1,"Height":2}', '{"Width":3,"Height":4}']);
    }
  });

  test("does not keep a text that never becomes an object", () => {
    const splitter = new JsonObjectSplitter();
    expect([...splitter.push("{".repeat(5000))]).toEqual([]);
    expect([...splitter.push('{"Width":1}')]).toEqual(['{"Width":1}']);
  });
});
