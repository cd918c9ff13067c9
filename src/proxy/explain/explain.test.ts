import { describe, expect, it } from "vitest";
import type { ClusterSettings } from "../../machinery/settings.ts";
import type { PortRules, ServiceRules } from "../compile.ts";
import { explain } from "./explain.ts";

const settings = (proxyMode: "nftables" | "userspace") =>
  ({ name: "default", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12", proxyMode }) as ClusterSettings;

function rulesOf(...ports: Partial<PortRules>[]): ServiceRules {
  const targets = [5, 6, 7].map((n) => ({ ip: `10.244.0.${n}`, port: 8080, local: true }));
  return {
    ports: ports.map((port) => ({
      name: "",
      protocol: "tcp",
      addresses: ["10.96.7.10"],
      port: 80,
      targets,
      ...port,
    })),
  };
}

const hosts = ["127.0.0.1", "192.0.2.2"];
const text = (rules: ServiceRules, view?: "iptables" | "ipvs", mode: "nftables" | "userspace" = "nftables") =>
  explain("default/web", rules, view, settings(mode), hosts);

describe("in force", () => {
  it("nftables", () => {
    expect(text(rulesOf({ nodePort: 30_080, affinitySeconds: 60 }))).toMatchInlineSnapshot(`
      "# Service default/web
      table ip skiff-default

      # Every first packet of a connection, from this host (output) or from elsewhere (prerouting), is looked up by its address and
      # port, then by its port alone if the address is the host's.
      chain dispatch: ip daddr . meta l4proto . th dport vmap @services
      chain dispatch: fib daddr type local meta l4proto . th dport vmap @nodeports

      # Connections to 10.96.7.10, TCP port 80 go to one of 3 endpoints, each as likely as the others; a client comes back to the same one for 60 s; the endpoint sees the client's own address.
      services: 10.96.7.10 . tcp . 80 : goto ca3
      endpoints: 10.96.7.10 . tcp . 80 . 0 : 10.244.0.5 . 8080
      endpoints: 10.96.7.10 . tcp . 80 . 1 : 10.244.0.6 . 8080
      endpoints: 10.96.7.10 . tcp . 80 . 2 : 10.244.0.7 . 8080
      affine: 10.96.7.10 . tcp . 80 : goto learn-address-60
      chain ca3 { meta l4proto { tcp, udp, sctp } dnat ip to ip saddr . ip daddr . meta l4proto . th dport map @clients; meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 3 map @endpoints; }

      # Connections to any address of this host (node port), TCP port 30080 go to one of 3 endpoints, each as likely as the others; a client comes back to the same one for 60 s; the endpoint sees this host's address.
      nodeports: tcp . 30080 : goto na3
      nodeport-endpoints: tcp . 30080 . 0 : 10.244.0.5 . 8080
      nodeport-endpoints: tcp . 30080 . 1 : 10.244.0.6 . 8080
      nodeport-endpoints: tcp . 30080 . 2 : 10.244.0.7 . 8080
      affine-nodeports: tcp . 30080 : goto learn-nodeport-60
      chain na3 { meta mark set meta mark | 0x20000; meta l4proto { tcp, udp, sctp } dnat ip to ip saddr . meta l4proto . th dport map @nodeport-clients; meta l4proto { tcp, udp, sctp } dnat ip to meta l4proto . th dport . numgen random mod 3 map @nodeport-endpoints; }

      # Marked connections, those from loopback addresses, and Pods that reached themselves get the host's address as their source,
      # so that the answers come back this way.
      chain postrouting: meta mark & 0x20000 == 0x20000 masquerade
      chain postrouting: ip saddr 127.0.0.0/8 oifname "skiff-default" masquerade
      chain postrouting: ct status dnat ip saddr . ip daddr @hairpin masquerade"
    `);
  });

  it.each([
    [["10.0.0.0/8", "192.0.2.0/24"], "; only 10.0.0.0/8, 192.0.2.0/24, this host itself may come."],
    // Ranges of the other family alone.
    [[], "; only this host itself may come."],
  ])("who may call, with source ranges %j", (sources, told) => {
    const printed = text(rulesOf({ externalAddresses: [{ ip: "203.0.113.9", sources }] }));
    expect(printed).toContain(told);
    expect(printed).toContain("chain restrict: ct state new ip daddr . meta l4proto . th dport @restricted");
  });

  it("what has no endpoint", () => {
    const remote = [{ ip: "192.0.2.5", port: 80 }];
    const printed = text(rulesOf({ targets: [] }, { port: 81, internalLocal: true, targets: remote }));
    expect(printed).toContain("TCP port 80 are refused: there is no ready endpoint.");
    expect(printed).toContain("TCP port 81 are dropped: the policy is Local, and no endpoint is on this node.");
    expect(printed).toContain("services: 10.96.7.10 . tcp . 81 : drop");
    expect(printed).toContain("chain refuse: ip daddr 10.96.0.0/12 fib daddr type != local meta l4proto tcp reject");
  });

  it("userspace", () => {
    expect(text(rulesOf({ nodePort: 30_080 }), undefined, "userspace")).toMatchInlineSnapshot(`
      "# Service default/web
      # Skiff listens here, and passes each connection on to the next endpoint in turn; one that refuses is passed over.
      tcp 10.96.7.10:80
        -> 10.244.0.5:8080
        -> 10.244.0.6:8080
        -> 10.244.0.7:8080

      # Skiff listens here, and passes each connection on to the next endpoint in turn; one that refuses is passed over.
      tcp 0.0.0.0:30080
        -> 10.244.0.5:8080
        -> 10.244.0.6:8080
        -> 10.244.0.7:8080"
    `);
  });

  it("userspace with a scheduler, and with a protocol that it does not speak", () => {
    const targets = [
      { ip: "10.244.0.5", port: 8080, weight: 3 },
      { ip: "10.244.0.6", port: 8080 },
    ];
    const rules = rulesOf({ scheduler: "wrr", targets }, { protocol: "sctp", port: 81 });
    expect(text(rules, undefined, "userspace")).toMatchInlineSnapshot(`
      "# Service default/web
      # Skiff listens here, and passes each connection on to the next endpoint in turn, where each comes as often as its weight says; one that refuses is passed over.
      tcp 10.96.7.10:80
        -> 10.244.0.5:8080 weight 3
        -> 10.244.0.6:8080 weight 1

      # Userspace mode cannot serve SCTP: connections fail. nftables mode can.
      sctp 10.96.7.10:81"
    `);
  });
});

describe("as iptables", () => {
  it.each([
    ["default/kubernetes", "https", "tcp", "KUBE-SVC-NPX46M4PTMTKRN6Y"],
    ["kube-system/kube-dns", "dns", "udp", "KUBE-SVC-TCOU7JCQXEZGVUNU"],
    ["kube-system/kube-dns", "dns-tcp", "tcp", "KUBE-SVC-ERIFXISQEP7F7OF4"],
  ] as const)("%s:%s has the chain that it has on every cluster", (key, name, protocol, chain) => {
    expect(explain(key, rulesOf({ name, protocol }), "iptables", settings("nftables"), hosts)).toContain(chain);
  });

  it("names chains as kube-proxy does, and gives each endpoint the same share", () => {
    expect(text(rulesOf({ nodePort: 30_080 }), "iptables")).toMatchInlineSnapshot(`
      "# Service default/web
      # What kube-proxy in iptables mode would have written. Skiff has not: it is here to read.
      *nat
      # Every new connection is compared with all Services, one rule after the other.
      -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
      # From the address to the Service's chain.
      -A KUBE-SERVICES -d 10.96.7.10/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G
      -A KUBE-NODEPORTS -p tcp -m comment --comment "default/web" -m tcp --dport 30080 -j KUBE-EXT-LOLE4ISW44XBNF3G
      # From outside: masqueraded.
      -A KUBE-EXT-LOLE4ISW44XBNF3G -m comment --comment "masquerade traffic for default/web external destinations" -j KUBE-MARK-MASQ
      -A KUBE-EXT-LOLE4ISW44XBNF3G -j KUBE-SVC-LOLE4ISW44XBNF3G
      # One endpoint after the other: each rule takes its share of what the rules before it left.
      -A KUBE-SVC-LOLE4ISW44XBNF3G ! -s 10.244.0.0/16 -d 10.96.7.10/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
      -A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.0.5:8080" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-5ORQWIE3QG6L2KWO
      -A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.0.6:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-GXIHJEETW6REKY4G
      -A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.0.7:8080" -j KUBE-SEP-XDHX275YCRSJH7TB
      # The endpoints. One that calls itself is masqueraded, or it would answer itself past this host.
      -A KUBE-SEP-5ORQWIE3QG6L2KWO -s 10.244.0.5/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ
      -A KUBE-SEP-5ORQWIE3QG6L2KWO -p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.244.0.5:8080
      -A KUBE-SEP-GXIHJEETW6REKY4G -s 10.244.0.6/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ
      -A KUBE-SEP-GXIHJEETW6REKY4G -p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.244.0.6:8080
      -A KUBE-SEP-XDHX275YCRSJH7TB -s 10.244.0.7/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ
      -A KUBE-SEP-XDHX275YCRSJH7TB -p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.244.0.7:8080
      # The last rule: whatever is for this host may be for a node port.
      -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
      # The mark asks for masquerading: the endpoint sees the node's address, and answers through it.
      -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
      -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
      -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
      -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
      COMMIT"
    `);
  });

  it("affinity, and addresses of load balancers with source ranges under a Local policy", () => {
    const way = { externalAddresses: [{ ip: "203.0.113.9", sources: ["10.0.0.0/8"] }], externalLocal: true as const };
    const printed = text(rulesOf({ name: "http", affinitySeconds: 60, ...way }), "iptables");
    expect(printed).toMatch(/-A KUBE-SERVICES -d 203\.0\.113\.9\/32 .* -j KUBE-FW-\w{16}\n/);
    expect(printed).toMatch(/-A KUBE-FW-\w{16} -s 10\.0\.0\.0\/8 .* -j KUBE-EXT-\w{16}\n/);
    expect(printed).toMatch(/-A KUBE-EXT-\w{16} -j KUBE-SVL-\w{16}\n/);
    expect(printed).toMatch(/-m recent --rcheck --seconds 60 --reap --name KUBE-SEP-\w{16} /);
    expect(printed).toContain("default/web:http cluster IP");
  });

  it("what has no endpoint is rejected, and what has none here is dropped", () => {
    const remote = [{ ip: "192.0.2.5", port: 80 }];
    const printed = text(
      rulesOf({ targets: [] }, { name: "b", addresses: [], nodePort: 30_081, externalLocal: true, targets: remote }),
      "iptables",
    );
    expect(printed).toContain(
      '-A KUBE-SERVICES -d 10.96.7.10/32 -p tcp -m comment --comment "default/web has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable',
    );
    expect(printed).toContain(
      '-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "default/web:b has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30081 -j DROP',
    );
  });
});

it("as ipvs", () => {
  expect(text(rulesOf({ nodePort: 30_080, affinitySeconds: 60 }), "ipvs")).toMatchInlineSnapshot(`
    "# Service default/web
    # What kube-proxy in IPVS mode would have made. Skiff has not: it is here to read.
    IP Virtual Server version 1.2.1 (size=4096)
    Prot LocalAddress:Port Scheduler Flags
      -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
    TCP  10.96.7.10:80 rr persistent 60
      -> 10.244.0.5:8080              Masq    1      0          0
      -> 10.244.0.6:8080              Masq    1      0          0
      -> 10.244.0.7:8080              Masq    1      0          0
    TCP  127.0.0.1:30080 rr persistent 60
      -> 10.244.0.5:8080              Masq    1      0          0
      -> 10.244.0.6:8080              Masq    1      0          0
      -> 10.244.0.7:8080              Masq    1      0          0
    TCP  192.0.2.2:30080 rr persistent 60
      -> 10.244.0.5:8080              Masq    1      0          0
      -> 10.244.0.6:8080              Masq    1      0          0
      -> 10.244.0.7:8080              Masq    1      0          0"
  `);
});

describe("a dual-stack Service", () => {
  const ipv6 = { podCidr: "fd00:10:244::/64", serviceCidr: "fd00:10:96::/112" };
  const targets = [{ ip: "fd00:10:244::5", port: 8080 }];
  const rules = rulesOf({ nodePort: 30_080 }, { ipv6: true, addresses: ["fd00:10:96::a"], nodePort: 30_080, targets });
  const lines = (mode: "nftables" | "userspace", view?: "iptables" | "ipvs") =>
    explain("default/web", rules, view, { ...settings(mode), ipv6 }, [...hosts, "2001:db8::2"]).split("\n");

  it("has a part in each family's table", () => {
    const text = lines("nftables");
    const [ip, ip6] = [text.indexOf("table ip skiff-default"), text.indexOf("table ip6 skiff-default")];
    expect([ip, ip6 > ip]).toEqual([1, true]);
    expect(text.slice(ip6).filter((line) => line.includes("10.244.0"))).toEqual([]);
    expect(text).toContain("endpoints: fd00:10:96::a . tcp . 80 . 0 : fd00:10:244::5 . 8080");
    expect(text.join()).toContain("any IPv6 address of this host but ::1 (node port)");
  });

  it("is shown as kube-proxy would have written it", () => {
    const iptables = lines("nftables", "iptables");
    expect(iptables.filter((line) => line.startsWith("# ip"))).toEqual(["# iptables", "# ip6tables"]);
    expect(iptables.filter((line) => line.includes("DNAT")).at(-1)).toContain("--to-destination [fd00:10:244::5]:8080");
    expect(iptables.join()).toContain("-d fd00:10:96::a/128 -p tcp");
    const ipvs = lines("nftables", "ipvs").filter((line) => line.startsWith("TCP "));
    expect(ipvs).toEqual([
      "TCP  10.96.7.10:80 rr",
      "TCP  127.0.0.1:30080 rr",
      "TCP  192.0.2.2:30080 rr",
      "TCP  [fd00:10:96::a]:80 rr",
      "TCP  [2001:db8::2]:30080 rr",
    ]);
  });

  it("is served by sockets of each family", () => {
    const places = lines("userspace").filter((line) => line.startsWith("tcp "));
    expect(places).toEqual(["tcp 10.96.7.10:80", "tcp 0.0.0.0:30080", "tcp [fd00:10:96::a]:80", "tcp [::]:30080"]);
  });
});
