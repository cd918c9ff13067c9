import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Store } from "./store.ts";

/** Writes things for ever, many at a time, and prints `name revision` of each once it is acknowledged. */
const writer = `
  import { Store } from ${JSON.stringify(join(import.meta.dirname, "store.ts"))};
  const store = new Store(process.argv[2], { history: 200 });
  let count = Number(process.argv[3]);
  const write = async () => {
    for (;;) {
      const name = "thing-" + (count++ % 50 === 0 ? "changing" : count);
      const metadata = { name, namespace: "default", uid: name, resourceVersion: "", creationTimestamp: "" };
      const object = await store.put("things", { kind: "Thing", apiVersion: "v1", metadata, data: "x".repeat(500) });
      process.stdout.write(name + " " + object.metadata.resourceVersion + "\\n");
    }
  };
  await Promise.all(Array.from({ length: 16 }, write));
`;

let directory: string;
let program: string;

beforeAll(() => {
  // Below the sources, so that the program finds the same modules.
  directory = mkdtempSync(join(import.meta.dirname, "../../node_modules/.cache-store-crash-"));
  program = join(directory, "writer.mjs");
  const stdin = { contents: writer, resolveDir: import.meta.dirname, loader: "ts" as const };
  buildSync({ stdin, bundle: true, platform: "node", format: "esm", external: ["better-sqlite3"], outfile: program });
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the writer, kills it once it has acknowledged `count` writes, and returns all that it acknowledged. */
async function acknowledgedBeforeKill(path: string, from: number, count: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [program, path, String(from)], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const acknowledged = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [name = "", revision] = line.split(" ");
    acknowledged.set(name, Number(revision));
    if (acknowledged.size >= count) child.kill("SIGKILL");
  }
  await exited;
  return acknowledged;
}

it("has every acknowledged write after kill -9, at any moment", async () => {
  const path = join(directory, "skiff.db");
  let newest = 0;
  for (let round = 0; round < 5; round++) {
    const acknowledged = await acknowledgedBeforeKill(path, round * 1_000_000, 100 + round * 300);
    const store = new Store(path);
    for (const [name, revision] of acknowledged) {
      const object = store.committed.get("things", { namespace: "default", name });
      expect(Number(object?.metadata.resourceVersion), name).toBeGreaterThanOrEqual(revision);
      newest = Math.max(newest, revision);
    }
    expect(store.revision).toBeGreaterThanOrEqual(newest);
    newest = store.revision;
    store.close();
  }
});
