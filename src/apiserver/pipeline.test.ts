import { expect, it } from "vitest";
import { startApi } from "../../test/support/api.ts";
import { configMap } from "../kinds/config-map/index.ts";
import { configMaps } from "../machinery/resource.ts";

it("creates, reads, updates and deletes", async () => {
  await using api = await startApi([configMap]);
  const { client } = api;
  const seen: string[] = [];
  using watch = client.watch(configMaps, ({ type, object }) => seen.push(`${type} ${object.data?.["a"]}`));
  const created = await client.create(configMaps, { metadata: { name: "cm", namespace: "default" }, data: { a: "1" } });
  expect(created).toMatchObject({ kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: "4" } });
  const updated = await client.update(configMaps, { ...created, data: { a: "2" } });
  expect(client.get(configMaps, created.metadata)).toBe(updated);
  await client.delete(configMaps, created.metadata);
  expect(client.list(configMaps)).toEqual([]);
  expect(watch).toBeDefined();
  expect(seen).toEqual(["ADDED 1", "MODIFIED 2", "DELETED 2"]);
});
