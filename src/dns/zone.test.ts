import { expect, it } from "vitest";
import { reverseName } from "./reverse-name.ts";
import type { RecordData } from "./wire.ts";
import { Zone } from "./zone.ts";

const settings = { clusterDomain: "cluster.local", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" };
const types = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 };

function zone(): Zone {
  const result = new Zone(settings, (name) => name === "shop" || name === "default");
  result.set("shop/web", {
    names: new Map<string, RecordData[]>([
      ["web.shop.svc.cluster.local", [{ type: "A", address: "10.96.7.10" }]],
      [
        "_http._tcp.web.shop.svc.cluster.local",
        [{ type: "SRV", priority: 0, weight: 100, port: 80, target: "web.shop.svc.cluster.local" }],
      ],
    ]),
    reverse: new Map([
      ["10.96.7.10", "web.shop.svc.cluster.local"],
      ["192.0.2.9", "192-0-2-9.web.shop.svc.cluster.local"],
    ]),
  });
  result.set("shop/db", {
    names: new Map<string, RecordData[]>([
      [
        "db.shop.svc.cluster.local",
        [
          { type: "A", address: "10.244.0.5" },
          { type: "SRV", priority: 0, weight: 50, port: 80, target: "db-0.db.shop.svc.cluster.local" },
          { type: "A", address: "10.244.0.6" },
        ],
      ],
    ]),
    reverse: new Map([["fd00::5", "fd00--5.db.shop.svc.cluster.local"]]),
  });
  result.set("shop/apex", alias("apex.shop.svc.cluster.local", "Cluster.local"));
  result.set("shop/near", alias("near.shop.svc.cluster.local", "web.shop.svc.cluster.local"));
  result.set("shop/far", alias("far.shop.svc.cluster.local", "www.example.com"));
  result.set("shop/loop", alias("loop.shop.svc.cluster.local", "loop.shop.svc.cluster.local"));
  result.set("shop/lost", alias("lost.shop.svc.cluster.local", "nobody.shop.svc.cluster.local"));
  return result;
}

function alias(name: string, target: string) {
  return {
    names: new Map<string, RecordData[]>([[name, [{ type: "CNAME", target }]]]),
    reverse: new Map<string, string>(),
  };
}

/** `rcode answers…`, or `not ours`. */
function ask(name: string, type: keyof typeof types, from = zone()): string {
  const reply = from.answer(name, types[type]);
  if (!reply) return "not ours";
  const answers = reply.answers.map(({ data }) =>
    "address" in data ? data.address : "target" in data ? data.target.toLowerCase() : data.type,
  );
  const soa = reply.authority.map(({ name: owner, data }) => `${data.type} of ${owner}`);
  const outside = reply.outside ? [`then ${reply.outside}`] : [];
  return [reply.rcode === 0 ? "NOERROR" : "NXDOMAIN", ...answers, ...soa, ...outside].join(" ");
}

const noData = "NOERROR SOA of cluster.local";
const noName = "NXDOMAIN SOA of cluster.local";

it.each<[string, keyof typeof types, string]>([
  ["web.shop.svc.cluster.local", "A", "NOERROR 10.96.7.10"],
  ["web.shop.svc.cluster.local", "AAAA", noData],
  ["_http._tcp.web.shop.svc.cluster.local", "SRV", "NOERROR web.shop.svc.cluster.local"],
  ["_tcp.web.shop.svc.cluster.local", "A", noData],
  ["_udp.web.shop.svc.cluster.local", "A", noName],
  ["none.shop.svc.cluster.local", "A", noName],
  ["shop.svc.cluster.local", "A", noData],
  ["default.svc.cluster.local", "A", noData],
  ["nowhere.svc.cluster.local", "A", noName],
  ["svc.cluster.local", "A", noData],
  ["cluster.local", "A", noData],
  ["cluster.local", "SOA", "NOERROR SOA"],
  ["cluster.local", "NS", "NOERROR ns.dns.cluster.local"],
  ["ns.dns.cluster.local", "A", "NOERROR 10.96.0.10"],
  ["dns-version.cluster.local", "TXT", "NOERROR TXT"],
  ["10-244-0-5.shop.pod.cluster.local", "A", "NOERROR 10.244.0.5"],
  ["10-244-0-5.shop.pod.cluster.local", "AAAA", noData],
  ["10-244-0-5.nowhere.pod.cluster.local", "A", noName],
  ["10-244-0-500.shop.pod.cluster.local", "A", noName],
  ["shop.pod.cluster.local", "A", noData],
  ["near.shop.svc.cluster.local", "A", "NOERROR web.shop.svc.cluster.local 10.96.7.10"],
  ["near.shop.svc.cluster.local", "CNAME", "NOERROR web.shop.svc.cluster.local"],
  ["far.shop.svc.cluster.local", "A", "NOERROR www.example.com then www.example.com"],
  ["near.shop.svc.cluster.local", "AAAA", "NOERROR web.shop.svc.cluster.local SOA of cluster.local"],
  ["near.shop.svc.cluster.local", "ANY", "NOERROR web.shop.svc.cluster.local 10.96.7.10"],
  ["lost.shop.svc.cluster.local", "A", "NXDOMAIN nobody.shop.svc.cluster.local SOA of cluster.local"],
  ["apex.shop.svc.cluster.local", "A", "NOERROR cluster.local SOA of cluster.local"],
  ["loop.shop.svc.cluster.local", "A", "NOERROR loop.shop.svc.cluster.local"],
  ["db.shop.svc.cluster.local", "ANY", "NOERROR 10.244.0.5 10.244.0.6"],
  ["none.shop.svc.cluster.local", "ANY", noName],
  ["fd00--5.shop.pod.cluster.local", "AAAA", "NOERROR fd00::5"],
  ["fd00--5.shop.pod.cluster.local", "A", noData],
  [`5.${"0.".repeat(27)}0.d.f.ip6.arpa`, "PTR", "not ours"],
  [`5.${"0.".repeat(28)}0.d.f.ip6.arpa`, "PTR", "NOERROR fd00--5.db.shop.svc.cluster.local"],
  [`5.${"0.".repeat(28)}0.d.f.ip6.arpa`, "A", "NOERROR SOA of ip6.arpa"],
  ["10.7.96.10.in-addr.arpa", "PTR", "NOERROR web.shop.svc.cluster.local"],
  ["10.7.96.10.in-addr.arpa", "A", "NOERROR SOA of in-addr.arpa"],
  ["9.2.0.192.in-addr.arpa", "PTR", "NOERROR 192-0-2-9.web.shop.svc.cluster.local"],
  ["1.0.244.10.in-addr.arpa", "PTR", "NXDOMAIN SOA of in-addr.arpa"],
  ["1.2.0.192.in-addr.arpa", "PTR", "not ours"],
  ["244.10.in-addr.arpa", "PTR", "not ours"],
  ["example.com", "A", "not ours"],
  ["notcluster.local", "A", "not ours"],
])("%s %s: %s", (name, type, expected) => {
  expect(ask(name, type)).toBe(expected);
});

it("follows no endless chain", () => {
  const records = zone();
  const name = (n: number): string => `a${n}.shop.svc.cluster.local`;
  for (let n = 0; n < 30; n++) records.set(`shop/a${n}`, alias(name(n), name(n + 1)));
  expect(records.answer(name(0), types.A)?.answers).toHaveLength(8);
});

it.each([
  ["web.shop.svc.cluster.local", "A", "shop/web"],
  ["web.shop.svc.cluster.local", "AAAA", "shop/web"],
  ["_http._tcp.web.shop.svc.cluster.local", "SRV", "shop/web"],
  // These may change with another Service.
  ["none.shop.svc.cluster.local", "A", undefined],
  ["_tcp.web.shop.svc.cluster.local", "A", undefined],
  ["near.shop.svc.cluster.local", "A", undefined],
  ["10.7.96.10.in-addr.arpa", "PTR", undefined],
  ["dns-version.cluster.local", "TXT", undefined],
] as const)("knows what the answer to %s %s depends on", (name, type, owner) => {
  expect(zone().answer(name, types[type])?.owner).toBe(owner);
});

it("adds the addresses of SRV targets", () => {
  const reply = zone().answer("_http._tcp.web.shop.svc.cluster.local", types.SRV);
  expect(reply?.additional).toEqual([
    { name: "web.shop.svc.cluster.local", ttl: 5, data: { type: "A", address: "10.96.7.10" } },
  ]);
});

it("forgets a Service whole, and keeps what others hold", () => {
  const records = zone();
  records.set("shop/other", { names: new Map(), reverse: new Map([["10.96.7.10", "other.shop.svc.cluster.local"]]) });
  records.set("shop/web", undefined);
  expect(ask("web.shop.svc.cluster.local", "A", records)).toBe(noName);
  expect(ask("_tcp.web.shop.svc.cluster.local", "A", records)).toBe(noName);
  expect(ask("10.7.96.10.in-addr.arpa", "PTR", records)).toBe("NOERROR other.shop.svc.cluster.local");
  expect(ask("shop.svc.cluster.local", "A", records)).toBe(noData);
});

it("answers for the IPv6 ranges of a dual-stack cluster, and only there", () => {
  const ipv6 = { podCidr: "fd00:10:244::/64", serviceCidr: "fd00:10:96::/112" };
  const dual = new Zone({ ...settings, ipv6 }, () => true);
  for (const address of ["fd00:10:244::9", "fd00:10:96::9"]) {
    expect(dual.answer(reverseName(address), types.PTR)?.rcode).toBe(3);
    expect(zone().answer(reverseName(address), types.PTR)).toBeUndefined();
  }
  expect(dual.answer(reverseName("fd00:10:97::9"), types.PTR)).toBeUndefined();
});
