import { expect, it } from "vitest";
import { namesSctp } from "./sctp.ts";

const heading = "protocol  size sockets  memory press maxhdr  slab module     cl co di ac";

it.each([
  [
    "among others",
    `${heading}\nSCTPv6    1864      0       2   no       0   yes  sctp        y  y\nSCTP      1704      0       2   no`,
    true,
  ],
  ["IPv6 alone", `${heading}\nSCTPv6    1864      0       2   no       0   yes  sctp        y  y`, false],
  ["none", `${heading}\nUDP       1344      0       7   NI       0   yes  kernel      y  y`, false],
])("finds SCTP in the kernel's protocols: %s", (_, table, expected) => {
  expect(namesSctp(table)).toBe(expected);
});
