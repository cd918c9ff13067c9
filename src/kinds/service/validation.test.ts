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
      "headless with node ports",
      { type: "NodePort", clusterIP: "None", clusterIPs: ["None"], ports },
      [`spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`],
    ],
  ])("%s", (_what, spec, errors) => expect(createErrors(service, object(spec))).toEqual(errors));
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

  it("gives its address up when it becomes a name", () => {
    const next = object({ ...spec, type: "ExternalName", externalName: "a.b", ports: [] });
    expect(updateErrors(service, object(spec), next)).toEqual([]);
  });
});
