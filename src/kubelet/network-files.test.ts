import { expect, test } from "vitest";
import { hostsFile, printResolvConf, resolverFor } from "./network-files.ts";

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
  {
    spec: { dnsConfig: { nameservers: ["10.96.0.10", "1.2.3.4"], searches: ["cluster.local", "x.y.", "."] } },
    expected: {
      ...clusterFirst,
      nameservers: ["10.96.0.10", "1.2.3.4"],
      searches: [...clusterFirst.searches, "x.y", "."],
    },
  },
])("$spec", ({ spec, expected }) =>
  expect(resolverFor(spec, "lab", cluster, host)).toEqual({ ...expected, exceeded: [] }),
);

const nameserverLimits =
  "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ";
const searchLimits =
  "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ";
const searches = (count: number, length: number) =>
  Array.from({ length: count }, (_, n) => `${n}`.padStart(2, "0").padEnd(length, "x"));

test.each([
  {
    name: "three name servers",
    dnsConfig: { nameservers: ["1.1.1.1", "1.1.1.2", "1.1.1.3"] },
    expected: { nameservers: ["10.96.0.10", "1.1.1.1", "1.1.1.2"] },
    exceeded: [`${nameserverLimits}10.96.0.10 1.1.1.1 1.1.1.2`],
  },
  {
    name: "32 search domains",
    dnsConfig: { searches: searches(29, 3) },
    expected: { searches: [...clusterFirst.searches, ...searches(28, 3)] },
    exceeded: [`${searchLimits}${[...clusterFirst.searches, ...searches(28, 3)].join(" ")}`],
  },
  {
    name: "2,048 characters of search domains",
    dnsConfig: { searches: searches(9, 250) },
    expected: { searches: [...clusterFirst.searches, ...searches(7, 250)] },
    exceeded: [`${searchLimits}${[...clusterFirst.searches, ...searches(7, 250)].join(" ")}`],
  },
  {
    name: "253 characters of each",
    dnsConfig: { searches: ["y".repeat(254), "z"] },
    expected: { searches: [...clusterFirst.searches, "z"] },
    exceeded: [`${searchLimits}${[...clusterFirst.searches, "z"].join(" ")}`],
  },
])("no more than $name", ({ dnsConfig, expected, exceeded }) => {
  expect(resolverFor({ dnsConfig }, "lab", cluster, host)).toEqual({ ...clusterFirst, ...expected, exceeded });
});

test.each([
  { spec: { dnsPolicy: "Default" }, nameservers: ["10.96.0.10"] },
  { spec: { dnsPolicy: "Default", hostNetwork: true }, nameservers: ["127.0.0.53"] },
])("a resolver on the host's loopback, for $spec", ({ spec, nameservers }) => {
  const stub = { ...host, nameservers: ["127.0.0.53"] };
  expect(resolverFor(spec, "lab", cluster, stub)).toEqual({ ...stub, nameservers, exceeded: [] });
});

test("resolv.conf is printed as resolv.conf(5) says", () => {
  const resolver = { nameservers: ["192.0.2.1", "192.0.2.2"], searches: ["c", "d"], options: ["ndots:2", "rotate"] };
  expect(printResolvConf(resolver)).toBe(
    "search c d\nnameserver 192.0.2.1\nnameserver 192.0.2.2\noptions ndots:2 rotate\n",
  );
  expect(printResolvConf({ nameservers: [], searches: [], options: [] })).toBe("");
});

test("hosts: the Pod's own line, or the host's file", () => {
  expect(hostsFile({ addresses: ["10.244.0.5"], names: ["web"] }, "")).toMatch(
    /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n(.*\n)*10\.244\.0\.5\tweb\n$/,
  );
  expect(hostsFile({ addresses: ["10.244.0.5", "fd00::5"], names: ["web.x", "web"] }, "")).toMatch(
    /10\.244\.0\.5\tweb\.x\tweb\nfd00::5\tweb\.x\tweb\n$/,
  );
  expect(hostsFile(undefined, "127.0.0.1 me\n", [{ ip: "1.2.3.4", hostnames: ["a"] }])).toBe(
    "# Kubernetes-managed hosts file (host network).\n127.0.0.1 me\n\n# Entries added by HostAliases.\n1.2.3.4\ta\n",
  );
});
