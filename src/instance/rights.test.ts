import { expect, it } from "vitest";
import { missingCapabilities } from "./rights.ts";

const status = (effective: string): string =>
  `Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t${effective}\nCapBnd:\t0\n`;

it.each([
  ["root", "000001ffffffffff", 1024, []],
  ["a user", "0000000000000000", 1024, ["CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE"]],
  ["a user where all ports are free", "0000000000000000", 0, ["CAP_NET_ADMIN"]],
  ["a container as Docker makes it", "00000000a80425fb", 1024, ["CAP_NET_ADMIN"]],
  ["exactly the two", "0000000000001400", 1024, []],
  ["all but the ports", "0000000000001000", 1024, ["CAP_NET_BIND_SERVICE"]],
])("%s", (_, effective, firstFreePort, missing) => {
  expect(missingCapabilities(status(effective), firstFreePort)).toEqual(missing);
});
