import { expect, test } from "vitest";
import { Addresses } from "./addresses.ts";

test("addresses go round, past those in use, never the network's, the gateway's or what is left to others", () => {
  const addresses = new Addresses("10.0.0.0/29");
  addresses.hold("10.0.0.3");
  const taken = [addresses.take(), addresses.take(), addresses.take()];
  expect(taken).toEqual(["10.0.0.4", "10.0.0.5", "10.0.0.2"]);
  expect(() => addresses.take()).toThrow("no addresses are left");
  addresses.release("10.0.0.4");
  addresses.release("10.0.0.5");
  expect([addresses.take(), addresses.take()]).toEqual(["10.0.0.4", "10.0.0.5"]);
});
