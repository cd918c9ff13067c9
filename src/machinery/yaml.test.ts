import { describe, expect, it } from "vitest";
import { parseYaml } from "./yaml.ts";

const valueOf = (text: string): unknown => parseYaml(text)[0]?.value;

describe("a plain scalar", () => {
  it.each<[string, unknown]>([
    ["y", true],
    ["Yes", true],
    ["on", true],
    ["TRUE", true],
    ["n", false],
    ["no", false],
    ["Off", false],
    ["false", false],
    ["yEs", "yEs"],
    ["~", null],
    ["null", null],
    ["80", 80],
    ["+80", 80],
    ["-1", -1],
    ["0", 0],
    ["-0", 0],
    ["0755", 493],
    ["0o755", 493],
    ["-010", -8],
    ["0x1F", 31],
    ["0b101", 5],
    ["1_000", 1000],
    ["08", 8],
    ["1.5", 1.5],
    [".5", 0.5],
    ["1e3", 1000],
    ["12e03", 12000],
    ["1:30", "1:30"],
    ["2026-01-01", "2026-01-01"],
    ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
    ["1.2.3", "1.2.3"],
    ["10.96.0.10", "10.96.0.10"],
    ["100m", "100m"],
    ["1Gi", "1Gi"],
    ["-", [null]],
    ["=", "="],
    ["1_", 1],
  ])("%s is %j", (text, value) => {
    expect(valueOf(`a: ${text.startsWith("-") && text.length === 1 ? `\n${text}` : text}`)).toEqual({ a: value });
  });

  it.each(['"yes"', "'yes'", "!!str yes", "|-\n  yes", ">-\n  yes"])("is not %s", (text) => {
    expect(valueOf(`a: ${text}`)).toEqual({ a: "yes" });
  });
});

describe("maps", () => {
  it.each<[string, unknown]>([
    ["80: a\non: b\n1.5: c\n'x': d", { "80": "a", true: "b", "1.5": "c", x: "d" }],
    ["a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3", { a: { p: 1, q: 2 }, b: { p: 1, q: 3 } }],
    ["<<: [{a: 1}, {a: 2, b: 2}]\nc: 3", { a: 1, b: 2, c: 3 }],
    ['"<<": {a: 1}', { "<<": { a: 1 } }],
    ["a:\nb: {}\nc: []", { a: null, b: {}, c: [] }],
    ['{"json": [1, true, null, "x"]}', { json: [1, true, null, "x"] }],
  ])("%j", (text, value) => {
    expect(valueOf(text)).toEqual(value);
  });

  it("take the last of two equal keys and tell of it", () => {
    const [document] = parseYaml("a: 1\nb:\n- c: 1\n  c: 2\na: 3");
    expect(document?.value).toEqual({ a: 3, b: [{ c: 2 }] });
    expect(document?.duplicateKeys).toEqual([
      { path: "b[0].c", line: 4 },
      { path: "a", line: 5 },
    ]);
  });

  it("keep a key called __proto__ to themselves", () => {
    const value = valueOf("__proto__:\n  polluted: 1\n<<: {__proto__: {polluted: 2}}");
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":1}}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});

it("gives every alias a copy of its own", () => {
  const value = valueOf("a: &x {p: [1]}\nb: *x") as { a: object; b: object };
  expect(value.b).toEqual(value.a);
  expect(value.b).not.toBe(value.a);
});

describe("documents", () => {
  const text = "# nothing\n---\n---\na: 1\n--- # next\n\n# comment\nb: 2\n...\n---\n[c]\n";

  it("come with their lines; empty ones do not come", () => {
    expect(parseYaml(text).map(({ value, line }) => ({ value, line }))).toEqual([
      { value: { a: 1 }, line: 4 },
      { value: { b: 2 }, line: 8 },
      { value: ["c"], line: 11 },
    ]);
    expect(parseYaml("")).toEqual([]);
    expect(parseYaml("# only this\n")).toEqual([]);
    expect(valueOf("~")).toBeNull();
  });

  it.each([
    ["kind", 2],
    ["metadata", 3],
    ["metadata.labels.app", 5],
    ["metadata.labels.app.kubernetes.io/name", 6],
    ["metadata.labels[app.kubernetes.io/name]", 6],
    ["spec.containers", 8],
    ["spec.containers[0]", 9],
    ["spec.containers[0].image", 10],
    ["spec.containers[1].ports[0].containerPort", 13],
    ['spec.containers[name="a"].image', 10],
    ['spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].containerPort', 13],
    ['spec.containers[name="c"].ports[containerPort=81,protocol="TCP"].containerPort', 12],
    // Not there: the nearest around it.
    ["spec.containers[1].image", 11],
    ["spec.containers[7].image", 8],
    ["status.phase", 2],
    ["", 2],
  ])("know the line of %s", (path, line) => {
    const [document] = parseYaml(`# a Pod
kind: Pod
metadata:
  labels:
    app: x
    app.kubernetes.io/name: x
spec:
  containers:
  - name: a
    image: b
  - name: c
    ports:
    - containerPort: 80
`);
    expect(document?.lineOf(path)).toBe(line);
  });
});

describe("what is not YAML is refused with its line", () => {
  it.each([
    ["a: b: c", 1],
    ["x: 1\na: 1\n  b: 2", 2],
    ["a:\n\t- b", 2],
    ["a: [1, 2", 1],
    ['a: "b', 1],
    ["a: *nowhere", 1],
    ["x: 1\na: .nan", 2],
    ["x: 1\n<<: 3", 2],
    ["? [a]\n: b", 1],
    ["a: 1\n---\nb: {", 3],
  ])("%j", (text, line) => {
    expect(() => parseYaml(text)).toThrow(expect.objectContaining({ name: "YamlError", line }));
    expect(() => parseYaml(text)).toThrow(/^yaml: line \d+: [a-z].*/);
  });

  it("a small text that would become a huge value", () => {
    const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 10; level++) {
      bomb.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(", ")}]`);
    }
    expect(() => parseYaml(bomb.join("\n"))).toThrow("excessive aliasing");
  });

  it.each([100_000, 2000])("a value nested %d deep", (depth) => {
    expect(() => parseYaml(`${"[".repeat(depth)}${"]".repeat(depth)}`)).toThrow("exceeded max depth");
  });
});
