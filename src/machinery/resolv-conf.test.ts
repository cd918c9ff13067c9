import { expect, it } from "vitest";
import { parseResolvConf, resolvConf } from "./resolv-conf.ts";
import type { PodSpec } from "./types.ts";

const settings = { clusterDomain: "cluster.local", serviceCidr: "10.96.0.0/12" };
const host = "# made by hand\nnameserver 192.0.2.53\nsearch corp.example.\noptions edns0\n";
const clusterSearch = "search shop.svc.cluster.local svc.cluster.local cluster.local corp.example\n";

it("reads what resolvers read", () => {
  const text =
    "domain old.example\nsearch a.example b.example ; note\nnameserver 1.1.1.1\n nameserver ::1\noptions ndots:2 rotate\nsortlist x\n";
  expect(parseResolvConf(text)).toEqual({
    nameservers: ["1.1.1.1", "::1"],
    searches: ["a.example", "b.example"],
    options: ["ndots:2", "rotate"],
  });
});

const cases: [string, Pick<PodSpec, "dnsPolicy" | "dnsConfig" | "hostNetwork">, string][] = [
  ["the cluster's by default", {}, `${clusterSearch}nameserver 10.96.0.10\noptions ndots:5\n`],
  ["the host's for Default", { dnsPolicy: "Default" }, "search corp.example\nnameserver 192.0.2.53\noptions edns0\n"],
  [
    "the host's for ClusterFirst on the host's network",
    { dnsPolicy: "ClusterFirst", hostNetwork: true },
    "search corp.example\nnameserver 192.0.2.53\noptions edns0\n",
  ],
  [
    "the cluster's for ClusterFirstWithHostNet",
    { dnsPolicy: "ClusterFirstWithHostNet", hostNetwork: true },
    `${clusterSearch}nameserver 10.96.0.10\noptions ndots:5\n`,
  ],
  [
    "only its own for None",
    {
      dnsPolicy: "None",
      dnsConfig: {
        nameservers: ["1.2.3.4"],
        searches: ["a.b"],
        options: [{ name: "ndots", value: "2" }, { name: "edns0" }],
      },
    },
    "search a.b\nnameserver 1.2.3.4\noptions ndots:2 edns0\n",
  ],
  [
    "both, without doubles, its own options first in right",
    {
      dnsConfig: {
        nameservers: ["10.96.0.10", "1.2.3.4"],
        searches: ["cluster.local", "x.y."],
        options: [{ name: "ndots", value: "1" }],
      },
    },
    `${clusterSearch.trim()} x.y\nnameserver 10.96.0.10\nnameserver 1.2.3.4\noptions ndots:1\n`,
  ],
  [
    "at most three name servers",
    { dnsPolicy: "None", dnsConfig: { nameservers: ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"] } },
    "nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\n",
  ],
];

it.each(cases)("gives a Pod %s", (_name, pod, expected) => {
  expect(resolvConf("shop", pod, settings, host)).toBe(expected);
});

it("replaces a resolver on the host's loopback, which a Pod cannot reach, by the cluster's", () => {
  const local = "nameserver 127.0.0.53\nsearch lan\n";
  expect(resolvConf("shop", { dnsPolicy: "Default" }, settings, local)).toBe("search lan\nnameserver 10.96.0.10\n");
  expect(resolvConf("shop", { dnsPolicy: "Default", hostNetwork: true }, settings, local)).toContain("127.0.0.53");
});
