import { describe, expect, it } from "vitest";
import { fillIn, matchOutput, parseTranscript } from "./transcript.ts";

const match = (expected: string, actual: string, bound: Record<string, string> = {}) => {
  const bindings = matchOutput(expected.split("\n"), actual, new Map(Object.entries(bound)));
  return bindings && Object.fromEntries(bindings);
};

describe("matchOutput", () => {
  it.each([
    ["a b", "a   b\n", {}],
    ["a", "b", undefined],
    ["a", "a\nb", undefined],
    ["a\nb", "a", undefined],
    ["httpd2-{hash}-{one} 1/1 Running 0 {age}", "httpd2-7fb-5dq   1/1  Running  0   2m3s", { hash: "7fb", one: "5dq" }],
    ["{x} {x}", "a a", { x: "a" }],
    ["{x} {x}", "a b", undefined],
    ["{ip}:80", "10.2.3.4:80", { ip: "10.2.3.4" }],
    ["<none> (a.b)", "<none> (axb)", undefined],
    ["head\n...\ntail", "head\n1\n2\ntail", {}],
    ["...\ntail", "tail", {}],
    ["head\n...", "head", {}],
    ["head\n...\ntail", "head\n1", undefined],
  ])("%j against %j", (expected, actual, bindings) => {
    expect(match(expected, actual)).toEqual(bindings);
  });

  it("holds to values found before", () => {
    expect(match("{x}", "b", { x: "a" })).toBeUndefined();
    expect(match("{x}", "a", { x: "a" })).toEqual({ x: "a" });
  });
});

it("parses commands with their output, and nothing outside of console blocks", () => {
  const text = [
    "text $ no",
    "```yaml",
    "$ no",
    "```",
    "```console",
    "$ kubectl get x # eventually",
    "NAME",
    "",
    "$ false",
    "(exit code 1)",
    "$ cat <<EOF",
    "$ body",
    "EOF",
    "out",
    "```",
  ].join("\n");
  expect(parseTranscript(text)).toEqual([
    { command: "kubectl get x", expected: ["NAME"], eventually: true, exitCode: 0, line: 6 },
    { command: "false", expected: [], eventually: false, exitCode: 1, line: 9 },
    { command: "cat <<EOF\n$ body\nEOF", expected: ["out"], eventually: false, exitCode: 0, line: 11 },
  ]);
});

it("fills values into commands, and not jsonpath", () => {
  expect(fillIn("curl {ip} -o jsonpath={.status.x}", new Map([["ip", "1.2.3.4"]]))).toBe(
    "curl 1.2.3.4 -o jsonpath={.status.x}",
  );
  expect(() => fillIn("curl {ip}", new Map())).toThrow("{ip} has no value yet");
});
