import { expect, it } from "vitest";
import { parseResolvConf } from "./resolv-conf.ts";

it.each([
  {
    text: "domain old.example\nsearch a.example b.example ; note\nnameserver 1.1.1.1\n nameserver ::1 # first\noptions ndots:2 rotate\nsortlist x\n",
    expected: {
      nameservers: ["1.1.1.1", "::1"],
      searches: ["a.example", "b.example"],
      options: ["ndots:2", "rotate"],
    },
  },
  { text: "search a b\nsearch c. .\n", expected: { nameservers: [], searches: ["c", "."], options: [] } },
  {
    text: "options ndots:2\noptions edns0",
    expected: { nameservers: [], searches: [], options: ["ndots:2", "edns0"] },
  },
  { text: "# nameserver 1.1.1.1\nnameserver\n", expected: { nameservers: [], searches: [], options: [] } },
])("reads what resolvers read: $text", ({ text, expected }) => {
  expect(parseResolvConf(text)).toEqual(expected);
});
