import { describe, expect, it } from "vitest";
import { addressRange } from "../machinery/address-range.ts";
import type { PortRules, ServiceRules } from "./compile.ts";
import { addHairpin, changeCommands, deleteHairpin, removeScript, replaceScript } from "./nft-script.ts";

const settings = {
  family: "ip" as const,
  table: "skiff-default",
  bridge: "skiff-default",
  serviceCidr: "10.96.0.0/12",
  podCidr: "10.244.0.0/16",
  pods: addressRange("10.244.0.0/16"),
};

const small = { family: "ip", table: "t" } as const;

function port(more: Partial<PortRules> & { ips: string[] }): PortRules {
  const { ips, ...rest } = more;
  const targets = ips.map((ip) => ({ ip, port: 8080, podUid: ip }));
  return { name: "", protocol: "tcp", addresses: ["10.96.7.10"], port: 80, targets, ...rest };
}

const shape = { size: 2, affinities: new Set([60]), restricts: true };

const web: ServiceRules = { ports: [port({ ips: ["10.244.0.5", "10.244.0.6"], nodePort: 30_080 })] };

describe("replaceScript", () => {
  it("writes the whole table", () => {
    const sticky = port({ ips: ["192.0.2.1"], affinitySeconds: 60, protocol: "udp", addresses: ["10.96.7.11"] });
    const empty = port({ ips: [], addresses: ["10.96.7.12"] });
    const services = [web, { ports: [sticky] }, { ports: [empty] }];
    const podAddresses = ["10.244.0.5", "10.244.0.6"];
    expect(replaceScript(settings, { services, podAddresses, shape, clients: [] })).toMatchInlineSnapshot(`
      "add table ip skiff-default
      delete table ip skiff-default
      table ip skiff-default {
        map services { type ipv4_addr . inet_proto . inet_service : verdict; }
        map nodeports { type inet_proto . inet_service : verdict; }
        map endpoints { typeof ip daddr . meta l4proto . th dport . numgen random mod 2 : ip daddr . th dport; }
        map nodeport-endpoints { typeof meta l4proto . th dport . numgen random mod 2 : ip daddr . th dport; }

        map affine { typeof ip daddr . meta l4proto . th dport : verdict; }
        map affine-nodeports { typeof meta l4proto . th dport : verdict; }
        map clients { typeof ip saddr . ip daddr . meta l4proto . th dport : ip daddr . th dport; size 65535; flags dynamic,timeout; }
        map nodeport-clients { typeof ip saddr . meta l4proto . th dport : ip daddr . th dport; size 65535; flags dynamic,timeout; }
        set refused { type ipv4_addr . inet_proto . inet_service; }
        set restricted { type ipv4_addr . inet_proto . inet_service; }
        set sources { typeof ip daddr . meta l4proto . th dport . ip saddr; flags interval; }
        set hairpin { type ipv4_addr . ipv4_addr; }
        chain c1 { meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 1 map @endpoints; }
        chain c2 { meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @endpoints; }
        chain ca1 { meta l4proto { tcp, udp, sctp } dnat ip to ip saddr . ip daddr . meta l4proto . th dport map @clients; meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 1 map @endpoints; }
        chain ca2 { meta l4proto { tcp, udp, sctp } dnat ip to ip saddr . ip daddr . meta l4proto . th dport map @clients; meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @endpoints; }
        chain e1 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 1 map @endpoints; }
        chain e2 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @endpoints; }
        chain ea1 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip to ip saddr . ip daddr . meta l4proto . th dport map @clients; meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 1 map @endpoints; }
        chain ea2 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip to ip saddr . ip daddr . meta l4proto . th dport map @clients; meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @endpoints; }
        chain l1 { meta l4proto { tcp, udp, sctp } dnat ip to meta l4proto . th dport . numgen random mod 1 map @nodeport-endpoints; }
        chain l2 { meta l4proto { tcp, udp, sctp } dnat ip to meta l4proto . th dport . numgen random mod 2 map @nodeport-endpoints; }
        chain la1 { meta l4proto { tcp, udp, sctp } dnat ip to ip saddr . meta l4proto . th dport map @nodeport-clients; meta l4proto { tcp, udp, sctp } dnat ip to meta l4proto . th dport . numgen random mod 1 map @nodeport-endpoints; }
        chain la2 { meta l4proto { tcp, udp, sctp } dnat ip to ip saddr . meta l4proto . th dport map @nodeport-clients; meta l4proto { tcp, udp, sctp } dnat ip to meta l4proto . th dport . numgen random mod 2 map @nodeport-endpoints; }
        chain n1 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip to meta l4proto . th dport . numgen random mod 1 map @nodeport-endpoints; }
        chain n2 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip to meta l4proto . th dport . numgen random mod 2 map @nodeport-endpoints; }
        chain na1 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip to ip saddr . meta l4proto . th dport map @nodeport-clients; meta l4proto { tcp, udp, sctp } dnat ip to meta l4proto . th dport . numgen random mod 1 map @nodeport-endpoints; }
        chain na2 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip to ip saddr . meta l4proto . th dport map @nodeport-clients; meta l4proto { tcp, udp, sctp } dnat ip to meta l4proto . th dport . numgen random mod 2 map @nodeport-endpoints; }
        chain learn-address-60 {
          meta l4proto tcp update @clients { ct original ip saddr . ct original ip daddr . meta l4proto . ct original proto-dst timeout 60s : ip daddr . th dport }
          meta l4proto udp update @clients { ct original ip saddr . ct original ip daddr . meta l4proto . ct original proto-dst timeout 60s : ip daddr . th dport }
          meta l4proto sctp update @clients { ct original ip saddr . ct original ip daddr . meta l4proto . ct original proto-dst timeout 60s : ip daddr . th dport }
        }
        chain learn-nodeport-60 {
          meta l4proto tcp update @nodeport-clients { ct original ip saddr . meta l4proto . ct original proto-dst timeout 60s : ip daddr . th dport }
          meta l4proto udp update @nodeport-clients { ct original ip saddr . meta l4proto . ct original proto-dst timeout 60s : ip daddr . th dport }
          meta l4proto sctp update @nodeport-clients { ct original ip saddr . meta l4proto . ct original proto-dst timeout 60s : ip daddr . th dport }
        }
        chain learn {
          type filter hook postrouting priority srcnat - 10; policy accept;
          ct state new ct status dnat meta l4proto tcp ct original ip daddr . meta l4proto . ct original proto-dst vmap @affine
          ct state new ct status dnat meta l4proto udp ct original ip daddr . meta l4proto . ct original proto-dst vmap @affine
          ct state new ct status dnat meta l4proto sctp ct original ip daddr . meta l4proto . ct original proto-dst vmap @affine
          ct state new ct status dnat ct original ip daddr != 10.96.0.0/12 meta l4proto tcp meta l4proto . ct original proto-dst vmap @affine-nodeports
          ct state new ct status dnat ct original ip daddr != 10.96.0.0/12 meta l4proto udp meta l4proto . ct original proto-dst vmap @affine-nodeports
          ct state new ct status dnat ct original ip daddr != 10.96.0.0/12 meta l4proto sctp meta l4proto . ct original proto-dst vmap @affine-nodeports
        }
        chain restrict {
          type filter hook prerouting priority dstnat - 10; policy accept;
          ct state new ip daddr . meta l4proto . th dport @restricted ip daddr . meta l4proto . th dport . ip saddr != @sources drop
        }
        chain dispatch {
          ip daddr . meta l4proto . th dport vmap @services
          fib daddr type local meta l4proto . th dport vmap @nodeports
        }
        chain prerouting { type nat hook prerouting priority dstnat - 5; policy accept; jump dispatch; }
        chain output { type nat hook output priority -105; policy accept; jump dispatch; }
        chain postrouting {
          type nat hook postrouting priority srcnat - 5; policy accept;
          meta mark & 0x20000 == 0x20000 masquerade
          ip saddr 127.0.0.0/8 oifname "skiff-default" masquerade
          ct status dnat ip saddr . ip daddr @hairpin masquerade
        }
        chain refuse {
          ip daddr . meta l4proto . th dport @refused meta l4proto tcp reject with tcp reset
          ip daddr . meta l4proto . th dport @refused reject with icmp port-unreachable
          ip daddr 10.96.0.0/12 fib daddr type != local meta l4proto tcp reject with tcp reset
          ip daddr 10.96.0.0/12 fib daddr type != local reject with icmp port-unreachable
        }
        chain refuse-output { type filter hook output priority filter - 5; policy accept; ct state new jump refuse; }
        chain refuse-forward { type filter hook forward priority filter - 5; policy accept; ct state new jump refuse; }
        chain guard-loopback {
          type filter hook input priority filter - 5; policy accept;
          ip daddr 127.0.0.0/8 iifname "skiff-default" ct state { new, invalid } drop
        }
      }
      add element ip skiff-default services { 10.96.7.10 . tcp . 80 : goto c2, 10.96.7.11 . udp . 80 : goto ca1 }
      add element ip skiff-default nodeports { tcp . 30080 : goto n2 }
      add element ip skiff-default endpoints { 10.96.7.10 . tcp . 80 . 0 : 10.244.0.5 . 8080, 10.96.7.10 . tcp . 80 . 1 : 10.244.0.6 . 8080, 10.96.7.11 . udp . 80 . 0 : 192.0.2.1 . 8080 }
      add element ip skiff-default nodeport-endpoints { tcp . 30080 . 0 : 10.244.0.5 . 8080, tcp . 30080 . 1 : 10.244.0.6 . 8080 }
      add element ip skiff-default affine { 10.96.7.11 . udp . 80 : goto learn-address-60 }
      add element ip skiff-default hairpin { 10.244.0.5 . 10.244.0.5, 10.244.0.6 . 10.244.0.6 }
      "
    `);
  });

  it("keeps each command within bounds, whatever the number of Services", () => {
    const services = Array.from({ length: 5_000 }, (_, n) => ({
      ports: [port({ ips: ["10.244.0.5"], addresses: [`10.96.${n >> 8}.${n & 255}`] })],
    }));
    const commands = replaceScript(settings, { services, podAddresses: ["10.244.0.5"], shape, clients: [] })
      .split("\n")
      .filter((line) => line.startsWith("add element ip skiff-default services "));
    expect(commands).toHaveLength(3);
  });
});

describe("changeCommands", () => {
  it.each<[string, ServiceRules | undefined, ServiceRules | undefined, string[]]>([
    [
      "a new Service",
      undefined,
      { ports: [port({ ips: ["10.244.0.5"] })] },
      [
        "add element ip t services { 10.96.7.10 . tcp . 80 : goto c1 }",
        "add element ip t endpoints { 10.96.7.10 . tcp . 80 . 0 : 10.244.0.5 . 8080 }",
      ],
    ],
    [
      "a Service that is gone",
      { ports: [port({ ips: ["10.244.0.5"], nodePort: 30_080 })] },
      undefined,
      [
        "delete element ip t services { 10.96.7.10 . tcp . 80 }",
        "delete element ip t nodeports { tcp . 30080 }",
        "delete element ip t endpoints { 10.96.7.10 . tcp . 80 . 0 }",
        "delete element ip t nodeport-endpoints { tcp . 30080 . 0 }",
      ],
    ],
    [
      "another endpoint: only its element",
      { ports: [port({ ips: ["10.244.0.5", "10.244.0.6"] })] },
      { ports: [port({ ips: ["10.244.0.5", "10.244.0.7"] })] },
      [
        "delete element ip t endpoints { 10.96.7.10 . tcp . 80 . 1 }",
        "add element ip t endpoints { 10.96.7.10 . tcp . 80 . 1 : 10.244.0.7 . 8080 }",
      ],
    ],
    [
      "the last endpoint left: no element, so that it is refused",
      { ports: [port({ ips: ["10.244.0.5"] })] },
      { ports: [port({ ips: [] })] },
      [
        "delete element ip t services { 10.96.7.10 . tcp . 80 }",
        "delete element ip t endpoints { 10.96.7.10 . tcp . 80 . 0 }",
      ],
    ],
    [
      "addresses outside: masqueraded, restricted, refused without endpoints",
      undefined,
      {
        ports: [
          port({
            ips: ["10.244.0.5"],
            addresses: [],
            externalAddresses: [{ ip: "192.0.2.7", sources: ["10.0.0.0/8"] }],
          }),
          port({ ips: [], addresses: ["10.96.7.11"], externalAddresses: [{ ip: "192.0.2.8" }] }),
        ],
      },
      [
        "add element ip t services { 192.0.2.7 . tcp . 80 : goto e1 }",
        "add element ip t endpoints { 192.0.2.7 . tcp . 80 . 0 : 10.244.0.5 . 8080 }",
        "add element ip t refused { 192.0.2.8 . tcp . 80 }",
        "add element ip t restricted { 192.0.2.7 . tcp . 80 }",
        "add element ip t sources { 192.0.2.7 . tcp . 80 . 10.0.0.0/8 }",
      ],
    ],
    [
      "Local policies: clients keep their addresses, and are not answered where nothing is local",
      undefined,
      { ports: [port({ ips: ["10.244.0.5"], nodePort: 30_080, internalLocal: true, externalLocal: true })] },
      [
        "add element ip t services { 10.96.7.10 . tcp . 80 : drop }",
        "add element ip t nodeports { tcp . 30080 : drop }",
      ],
    ],
    [
      "affinity: where it was sent is remembered",
      undefined,
      { ports: [port({ ips: ["10.244.0.5"], nodePort: 30_080, affinitySeconds: 60 })] },
      [
        "add element ip t services { 10.96.7.10 . tcp . 80 : goto ca1 }",
        "add element ip t nodeports { tcp . 30080 : goto na1 }",
        "add element ip t endpoints { 10.96.7.10 . tcp . 80 . 0 : 10.244.0.5 . 8080 }",
        "add element ip t nodeport-endpoints { tcp . 30080 . 0 : 10.244.0.5 . 8080 }",
        "add element ip t affine { 10.96.7.10 . tcp . 80 : goto learn-address-60 }",
        "add element ip t affine-nodeports { tcp . 30080 : goto learn-nodeport-60 }",
      ],
    ],
    ["nothing that concerns the kernel", web, { ports: [{ ...(web.ports[0] as PortRules), name: "renamed" }] }, []],
  ])("%s", (_name, before, after, expected) => {
    expect(changeCommands(small, [{ ...(before && { before }), ...(after && { after }) }])).toEqual(expected);
  });

  it("removes before it adds, so that a NodePort may pass from one Service to another", () => {
    const old = { ports: [port({ ips: ["10.244.0.5"], addresses: [], nodePort: 30_080 })] };
    const next = { ports: [port({ ips: ["10.244.0.6"], addresses: [], nodePort: 30_080 })] };
    const commands = changeCommands(small, [{ after: next }, { before: old }]);
    expect(commands.map((command) => command.split(" ")[0])).toEqual(["delete", "delete", "add", "add"]);
  });
});

it("pairs Pods that may call themselves, and removes a table whether or not it is there", () => {
  expect(addHairpin(small, ["10.244.0.5"])).toEqual(["add element ip t hairpin { 10.244.0.5 . 10.244.0.5 }"]);
  expect(deleteHairpin(small, [])).toEqual([]);
  expect(removeScript("t", ["ip"])).toBe("add table ip t\ndelete table ip t\n");
  expect(removeScript("t", ["ip", "ip6"])).toContain("\ndelete table ip6 t\n");
});

describe("the table of IPv6", () => {
  const ipv6 = {
    family: "ip6" as const,
    table: "t",
    bridge: "br",
    serviceCidr: "fd00:10:96::/112",
    podCidr: "fd00:10:244::/64",
    pods: addressRange("fd00:10:244::/64"),
  };
  const rules = port({
    ips: ["fd00:10:244::5"],
    ipv6: true,
    addresses: ["fd00:10:96::a"],
    nodePort: 30_080,
    affinitySeconds: 60,
    externalAddresses: [{ ip: "2001:db8::7", sources: ["2001:db8::/32"] }],
  });
  const both = { ports: [...web.ports, rules] };

  it("is like that of IPv4, with Pods masqueraded and without ::1", () => {
    const content = { podAddresses: ["fd00:10:244::5"], shape: { ...shape, size: 1 }, clients: [] };
    const text = replaceScript(ipv6, { ...content, services: [both] });
    expect(text).toMatchInlineSnapshot(`
      "add table ip6 t
      delete table ip6 t
      table ip6 t {
        map services { type ipv6_addr . inet_proto . inet_service : verdict; }
        map nodeports { type inet_proto . inet_service : verdict; }
        map endpoints { typeof ip6 daddr . meta l4proto . th dport . numgen random mod 2 : ip6 daddr . th dport; }
        map nodeport-endpoints { typeof meta l4proto . th dport . numgen random mod 2 : ip6 daddr . th dport; }

        set refused { type ipv6_addr . inet_proto . inet_service; }
        set restricted { type ipv6_addr . inet_proto . inet_service; }
        set sources { typeof ip6 daddr . meta l4proto . th dport . ip6 saddr; flags interval; }
        set hairpin { type ipv6_addr . ipv6_addr; }
        chain c1 { meta l4proto { tcp, udp, sctp } dnat ip6 to ip6 daddr . meta l4proto . th dport . numgen random mod 1 map @endpoints; }
        chain ca1 { meta l4proto { tcp, udp, sctp } dnat ip6 to ip6 daddr . meta l4proto . th dport . jhash ip6 saddr mod 1 seed 0x5eed map @endpoints; }
        chain e1 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip6 to ip6 daddr . meta l4proto . th dport . numgen random mod 1 map @endpoints; }
        chain ea1 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip6 to ip6 daddr . meta l4proto . th dport . jhash ip6 saddr mod 1 seed 0x5eed map @endpoints; }
        chain l1 { meta l4proto { tcp, udp, sctp } dnat ip6 to meta l4proto . th dport . numgen random mod 1 map @nodeport-endpoints; }
        chain la1 { meta l4proto { tcp, udp, sctp } dnat ip6 to meta l4proto . th dport . jhash ip6 saddr mod 1 seed 0x5eed map @nodeport-endpoints; }
        chain n1 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip6 to meta l4proto . th dport . numgen random mod 1 map @nodeport-endpoints; }
        chain na1 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip6 to meta l4proto . th dport . jhash ip6 saddr mod 1 seed 0x5eed map @nodeport-endpoints; }
        chain restrict {
          type filter hook prerouting priority dstnat - 10; policy accept;
          ct state new ip6 daddr . meta l4proto . th dport @restricted ip6 daddr . meta l4proto . th dport . ip6 saddr != @sources drop
        }
        chain dispatch {
          ip6 daddr . meta l4proto . th dport vmap @services
          ip6 daddr != ::1 fib daddr type local meta l4proto . th dport vmap @nodeports
        }
        chain prerouting { type nat hook prerouting priority dstnat - 5; policy accept; jump dispatch; }
        chain output { type nat hook output priority -105; policy accept; jump dispatch; }
        chain postrouting {
          type nat hook postrouting priority srcnat - 5; policy accept;
          meta mark & 0x20000 == 0x20000 masquerade
          ip6 saddr ::1 oifname "br" masquerade
          ct status dnat ip6 saddr . ip6 daddr @hairpin masquerade
          ip6 saddr fd00:10:244::/64 oifname != "br" masquerade
        }
        chain refuse {
          ip6 daddr . meta l4proto . th dport @refused meta l4proto tcp reject with tcp reset
          ip6 daddr . meta l4proto . th dport @refused reject with icmpv6 port-unreachable
          ip6 daddr fd00:10:96::/112 fib daddr type != local meta l4proto tcp reject with tcp reset
          ip6 daddr fd00:10:96::/112 fib daddr type != local reject with icmpv6 port-unreachable
        }
        chain refuse-output { type filter hook output priority filter - 5; policy accept; ct state new jump refuse; }
        chain refuse-forward { type filter hook forward priority filter - 5; policy accept; ct state new jump refuse; }
      }
      add element ip6 t services { fd00:10:96::a . tcp . 80 : goto ca1, 2001:db8::7 . tcp . 80 : goto ea1 }
      add element ip6 t nodeports { tcp . 30080 : goto na1 }
      add element ip6 t endpoints { fd00:10:96::a . tcp . 80 . 0 : fd00:10:244::5 . 8080, 2001:db8::7 . tcp . 80 . 0 : fd00:10:244::5 . 8080 }
      add element ip6 t nodeport-endpoints { tcp . 30080 . 0 : fd00:10:244::5 . 8080 }
      add element ip6 t restricted { 2001:db8::7 . tcp . 80 }
      add element ip6 t sources { 2001:db8::7 . tcp . 80 . 2001:db8::/32 }
      add element ip6 t hairpin { fd00:10:244::5 . fd00:10:244::5 }
      "
    `);
    expect(replaceScript(settings, { ...content, services: [both] })).toBe(
      replaceScript(settings, { ...content, services: [web] }),
    );
  });

  it("changes with its own elements only", () => {
    expect(changeCommands(ipv6, [{ before: web }])).toEqual([]);
    expect(changeCommands(ipv6, [{ before: web, after: both }])).toContain(
      "add element ip6 t endpoints { fd00:10:96::a . tcp . 80 . 0 : fd00:10:244::5 . 8080, 2001:db8::7 . tcp . 80 . 0 : fd00:10:244::5 . 8080 }",
    );
    expect(changeCommands(settings, [{ before: web, after: both }])).toEqual([]);
  });
});
