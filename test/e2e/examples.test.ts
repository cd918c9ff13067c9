/** Runs every folder of `examples/` as its README tells it, with the real kubectl on real Docker. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { SkiffInstance } from "../support/skiff.ts";
import { type Bindings, fillIn, matchOutput, parseTranscript, type Step } from "../support/transcript.ts";

const examples = fileURLToPath(new URL("../../examples/", import.meta.url));
const folders = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

async function play(instance: SkiffInstance, folder: string, step: Step, bindings: Bindings): Promise<Bindings> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const output = await instance.shell(fillIn(step.command, bindings), { cwd: folder });
    const matched = output.code === step.exitCode ? matchOutput(step.expected, output.all, bindings) : undefined;
    if (matched) return matched;
    if (!step.eventually || Date.now() > deadline) {
      expect(
        `${output.all.trimEnd()}\n(exit code ${output.code})`,
        `line ${step.line}: ${step.command}, with ${JSON.stringify(Object.fromEntries(bindings))}`,
      ).toBe(`${step.expected.join("\n")}\n(exit code ${step.exitCode})`);
    }
    await wait(100);
  }
}

describe("examples", () => {
  it.each(folders)("%s", async (name) => {
    const folder = `${examples}${name}`;
    const steps = parseTranscript(readFileSync(`${folder}/README.md`, "utf8"));
    expect(steps.length).toBeGreaterThan(0);
    await using instance = await SkiffInstance.start();
    let bindings: Bindings = new Map();
    for (const step of steps) bindings = await play(instance, folder, step, bindings);
  });
});
