/** `skiff compose` and `skiff apply` against the real `POST /apply`, on the unix socket of an instance. */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from "vitest";
import { applyRoute } from "../../src/apiserver/apply/route.ts";
import { apply } from "../../src/cli/apply.ts";
import { composeUp } from "../../src/cli/compose.ts";
import { kinds } from "../../src/kinds/index.ts";
import { deployments } from "../../src/machinery/resource.ts";
import { builtinSchemas } from "../../src/machinery/schema/builtin-schemas.ts";
import { startHttpServer, type TestHttpServer } from "../support/http-server.ts";

let errors: MockInstance<typeof console.error>;
let output: MockInstance<typeof console.log>;
beforeEach(() => {
  errors = vi.spyOn(console, "error").mockReturnValue();
  output = vi.spyOn(console, "log").mockReturnValue();
});
afterEach(() => vi.restoreAllMocks());

const start = () =>
  startHttpServer(kinds, {
    routes: ({ api }) => [applyRoute({ api, schemas: builtinSchemas, volumesDirectory: "/data/volumes" })],
  });

function up(server: TestHttpServer, compose: string): Promise<number> {
  const dataDir = dirname(server.socket);
  const file = join(dataDir, "compose.yaml");
  writeFileSync(file, compose);
  return composeUp({ name: "default", dataDir, namespace: "default", timeout: 5, file, detach: true });
}

const said = (of: MockInstance) => of.mock.calls.flat().join("\n");

it.each([
  ["services: {}", "No service selected: "],
  ["services:", "services is required"],
  ["name: shop", "this is no Compose file"],
  ["services: {web: {image: web:1, profiles: [extra]}}", "No service selected: "],
])("says that there is nothing to run in %j", async (compose, why) => {
  await using server = await start();
  expect(await up(server, compose)).toBe(1);
  expect(said(errors)).toContain(why);
  expect(said(output)).toBe("");
});

it("says that there is nothing to apply", async () => {
  await using server = await start();
  const dataDir = dirname(server.socket);
  const filename = join(dataDir, "objects.yaml");
  const applied = (text: string): Promise<number> => {
    writeFileSync(filename, text);
    return apply({ name: "default", dataDir, filename });
  };
  await expect(applied("# nothing\n---\n")).rejects.toThrow("no objects passed to apply");
  expect(await applied("services: {}")).toBe(1);
  expect(said(errors)).toBe("no objects passed to apply");
});

it("runs what there is, and keeps it when the file has no services any more", async () => {
  await using server = await start();
  expect(await up(server, "services: {web: {image: web:1}}")).toBe(0);
  expect(await up(server, "services: {}")).toBe(1);
  expect(server.api.client.list(deployments).map(({ metadata }) => metadata.name)).toEqual(["web"]);
});
