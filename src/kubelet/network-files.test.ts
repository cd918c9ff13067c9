import { expect, test } from "vitest";
import { hostsFile, parseResolvConf, printResolvConf, resolverFor } from "./network-files.ts";

const cluster = { address: "10.96.0.10", domain: "cluster.local" };
const host = { nameservers: ["192.0.2.53"], searches: ["example.com"], options: ["timeout:1"] };
const clusterFirst = {
  nameservers: ["10.96.0.10"],
  searches: ["lab.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.com"],
  options: ["ndots:5"],
};

test.each([
  { spec: {}, expected: clusterFirst },
  { spec: { dnsPolicy: "ClusterFirst" }, expected: clusterFirst },
  { spec: { dnsPolicy: "ClusterFirst", hostNetwork: true }, expected: host },
  { spec: { dnsPolicy: "ClusterFirstWithHostNet", hostNetwork: true }, expected: clusterFirst },
  { spec: { dnsPolicy: "Default" }, expected: host },
  {
    spec: {
      dnsPolicy: "None",
      dnsConfig: {
        nameservers: ["1.1.1.1"],
        searches: ["x"],
        options: [{ name: "ndots", value: "1" }, { name: "edns0" }],
      },
    },
    expected: { nameservers: ["1.1.1.1"], searches: ["x"], options: ["ndots:1", "edns0"] },
  },
  {
    spec: { dnsConfig: { searches: ["x"], options: [{ name: "ndots", value: "2" }] } },
    expected: { ...clusterFirst, searches: [...clusterFirst.searches, "x"], options: ["ndots:2"] },
  },
])("$spec", ({ spec, expected }) => expect(resolverFor(spec, "lab", cluster, host)).toEqual(expected));

test("resolv.conf is read as resolv.conf(5) says, and printed", () => {
  const text =
    "# comment\nsearch a b\nnameserver 192.0.2.1 # first\nsearch c d\noptions ndots:2 rotate\nnameserver 192.0.2.2\n";
  const resolver = parseResolvConf(text);
  expect(resolver).toEqual({
    nameservers: ["192.0.2.1", "192.0.2.2"],
    searches: ["c", "d"],
    options: ["ndots:2", "rotate"],
  });
  expect(printResolvConf(resolver)).toBe(
    "search c d\nnameserver 192.0.2.1\nnameserver 192.0.2.2\noptions ndots:2 rotate\n",
  );
});

test("hosts: the Pod's own line, or the host's file", () => {
  expect(hostsFile({ address: "10.244.0.5", names: ["web"] }, "")).toMatch(
    /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n(.*\n)*10\.244\.0\.5\tweb\n$/,
  );
  expect(hostsFile(undefined, "127.0.0.1 me\n", [{ ip: "1.2.3.4", hostnames: ["a"] }])).toBe(
    "# Kubernetes-managed hosts file (host network).\n127.0.0.1 me\n\n# Entries added by HostAliases.\n1.2.3.4\ta\n",
  );
});
