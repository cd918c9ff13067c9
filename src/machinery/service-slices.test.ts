import { expect, it } from "vitest";
import { ObjectFeed } from "../../test/support/object-feed.ts";
import { endpointSlices, services } from "./resource.ts";
import { ServiceSlices, serviceNameLabel } from "./service-slices.ts";

function slice(feed: ObjectFeed, name: string, service?: string): void {
  const labels = service ? { [serviceNameLabel]: service } : {};
  feed.put(endpointSlices, { metadata: { name, labels }, addressType: "IPv4", endpoints: [] });
}

it("keeps slices with their Service, and tells whose changed", () => {
  const feed = new ObjectFeed();
  feed.put(services, { metadata: { name: "a" } });
  slice(feed, "a-1", "a");
  const changed: string[] = [];
  const slicesOf = (key: string): string[] => together.slices(key).map((item) => item.metadata.name);
  const together = new ServiceSlices(feed, (key) => changed.push(key));
  expect(together.service("default/a")?.metadata.name).toBe("a");
  slice(feed, "a-2", "a");
  slice(feed, "stray");
  expect(slicesOf("default/a")).toEqual(["a-1", "a-2"]);
  slice(feed, "a-1", "b");
  expect([slicesOf("default/a"), slicesOf("default/b")]).toEqual([["a-2"], ["a-1"]]);
  slice(feed, "a-1");
  feed.remove(endpointSlices, "a-2");
  feed.remove(services, "a");
  expect([slicesOf("default/a"), slicesOf("default/b")]).toEqual([[], []]);
  expect(together.service("default/a")).toBeUndefined();
  expect(changed.map((key) => key.slice("default/".length)).join(" ")).toBe("a a a a b b a a");
  together[Symbol.dispose]();
  slice(feed, "a-3", "a");
  expect(changed).toHaveLength(8);
});
