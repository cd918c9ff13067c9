import { describe, expect, it } from "vitest";
import { createErrors, updateErrors } from "../../../test/support/kinds.ts";
import { service } from "./index.ts";

const object = (spec: object): object => ({ metadata: { name: "x" }, spec });
const ports = [{ port: 80 }];

describe("a Service is refused", () => {
  it.each<[what: string, spec: object, errors: string[]]>([
    ["without ports", { selector: { a: "b" } }, ["spec.ports: Required value"]],
    [
      "with a port out of range",
      { ports: [{ port: 99999 }] },
      [
        "spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive",
        "spec.ports[0].targetPort: Invalid value: 99999: must be between 1 and 65535, inclusive",
      ],
    ],
    [
      "with two ports without names",
      { ports: [{ port: 80 }, { port: 81 }] },
      ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
    ],
    [
      "with one port twice",
      {
        ports: [
          { name: "a", port: 80 },
          { name: "b", port: 80 },
        ],
      },
      ['spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80}'],
    ],
    [
      "with a node port though it has none",
      { ports: [{ port: 80, nodePort: 30999 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      "with nonsense for an address",
      { clusterIP: "abc", clusterIPs: ["abc"], ports },
      ['spec.clusterIPs[0]: Invalid value: "abc": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      "of unknown type",
      { type: "Magic", ports },
      [
        'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    ["without its external name", { type: "ExternalName" }, ["spec.externalName: Required value"]],
    [
      "with unknown affinity",
      { sessionAffinity: "Cookie", ports },
      ['spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"'],
    ],
    [
      "with affinity for more than a day",
      { sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 100000 } }, ports },
      [
        "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 100000: must be greater than 0 and less than 86400",
      ],
    ],
    [
      "with addresses of the host itself, or of its link, for external ones",
      { externalIPs: ["127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "x"], ports },
      [
        'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        'spec.externalIPs[1]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
        'spec.externalIPs[2]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
        'spec.externalIPs[3]: Invalid value: "224.0.0.1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
        'spec.externalIPs[4]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      "with source ranges that are none",
      { type: "LoadBalancer", loadBalancerSourceRanges: [" 10.1.2.3/8 ", "1.2.3.4", "2001:db8::/129", "x; y"], ports },
      ["1.2.3.4", "2001:db8::/129", "x; y"].map(
        (range, index) =>
          `spec.LoadBalancerSourceRanges[${index + 1}]: Invalid value: "${range}": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
      ),
    ],
    [
      "with source ranges though nothing balances its load",
      { loadBalancerSourceRanges: ["10.0.0.0/8"], ports },
      ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      "balancing the kubelet's port",
      { type: "LoadBalancer", ports: [{ port: 10250 }] },
      ["spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet"],
    ],
    [
      "headless with node ports",
      { type: "NodePort", clusterIP: "None", clusterIPs: ["None"], ports },
      [`spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`],
    ],
  ])("%s", (_what, spec, errors) => expect(createErrors(service, object(spec))).toEqual(errors));
});

it("names a class of load balancers by a qualified name", () => {
  const [error] = createErrors(service, object({ type: "LoadBalancer", loadBalancerClass: "bad class", ports }));
  expect(error).toMatch(/^spec.loadBalancerClass: Invalid value: "bad class": name part must consist of/);
});

describe("an update of a Service", () => {
  const spec = { clusterIP: "10.96.0.9", clusterIPs: ["10.96.0.9"], ports };

  it("may not change its address", () => {
    expect(updateErrors(service, object(spec), object({ ...spec, clusterIP: "10.96.55.55" }))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.55.55"]: may not change once set',
    ]);
  });

  it("keeps the address that it does not repeat", () => {
    expect(updateErrors(service, object(spec), object({ ports }))).toEqual([]);
  });

  it("may not hand its balancing over to somebody else", () => {
    const balanced = { ...spec, type: "LoadBalancer" };
    const error = (value: string): string => `spec.loadBalancerClass: Invalid value: ${value}: may not change once set`;
    const other = { ...balanced, loadBalancerClass: "example.com/lb" };
    expect(updateErrors(service, object(balanced), object(other))).toEqual([error('"example.com/lb"')]);
    expect(updateErrors(service, object(other), object(balanced))).toEqual([error("null")]);
  });

  it("gives its address up when it becomes a name", () => {
    const next = object({ ...spec, type: "ExternalName", externalName: "a.b", ports: [] });
    expect(updateErrors(service, object(spec), next)).toEqual([]);
  });
});
