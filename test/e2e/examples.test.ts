/** Runs every folder of `examples/` as its README tells it, with the real kubectl on real Docker. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { contains, nthAddress, parseCidr } from "../../src/machinery/cidr.ts";
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

/**
 * A copy of the folder. The examples are written for an instance with the usual Service range; one that runs beside
 * another has its own, and the address chosen by hand moves with it.
 */
async function copyOf(name: string, instance: SkiffInstance): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), "skiff-example-"));
  cpSync(examples, copy, { recursive: true });
  const { serviceCidr } = await instance.status();
  if (!contains(parseCidr(serviceCidr), "10.97.97.97")) {
    const address = nthAddress(parseCidr(serviceCidr), 0x97_97);
    for (const entry of readdirSync(join(copy, name), { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(copy, name, entry.name);
      writeFileSync(file, readFileSync(file, "utf8").replaceAll("10.97.97.97", address));
    }
  }
  return join(copy, name);
}

describe("examples", () => {
  it.each(folders)("%s", async (name) => {
    await using instance = await SkiffInstance.start();
    const folder = await copyOf(name, instance);
    const steps = parseTranscript(readFileSync(`${folder}/README.md`, "utf8"));
    expect(steps.length).toBeGreaterThan(0);
    let bindings: Bindings = new Map();
    for (const step of steps) bindings = await play(instance, folder, step, bindings);
    rmSync(dirname(folder), { recursive: true });
  });
});
