import { describe, expect, it } from "vitest";
import { createErrors, updateErrors } from "../../../test/support/kinds.ts";
import type { PodSpec } from "../../machinery/types.ts";
import { pod } from "./index.ts";

const container = { name: "c", image: "b" };
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

function errorsOf(spec: object): string[] {
  return createErrors(pod, { metadata: { name: "x" }, spec: { containers: [container], ...spec } } as object);
}

/** Errors of a Pod with one container that has these fields too. */
function errorsOfContainer(fields: object, spec: object = {}): string[] {
  return errorsOf({ containers: [{ ...container, ...fields }], ...spec });
}

describe("a Pod is refused", () => {
  it.each<[what: string, spec: object, errors: string[]]>([
    ["without containers", { containers: [] }, ["spec.containers: Required value"]],
    [
      "with two containers of one name",
      { containers: [container, container] },
      ['spec.containers[1].name: Duplicate value: "c"'],
    ],
    [
      "with an init container named as another",
      { initContainers: [container] },
      ['spec.initContainers[0].name: Duplicate value: "c"'],
    ],
    [
      "with a wrong restart policy",
      { restartPolicy: "Sometimes" },
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      "with a wrong DNS policy",
      { dnsPolicy: "X" },
      [
        'spec.dnsPolicy: Unsupported value: "X": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
      ],
    ],
    [
      "with DNS policy None and no DNS",
      { dnsPolicy: "None" },
      ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
    ],
    [
      "with a wrong nameserver",
      { dnsConfig: { nameservers: ["a"] } },
      [
        'spec.dnsConfig.nameservers[0]: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      "with a wrong search domain; a dot and underscores are right",
      { dnsConfig: { searches: [".", "_tcp.abc_d.example.com.", "a..b"] } },
      [expect.stringMatching(/^spec.dnsConfig.searches\[2\]: Invalid value: "a..b": a lowercase RFC 1123 subdomain/)],
    ],
    [
      "with two kinds in one volume",
      { volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/x" } }] },
      ["spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"],
    ],
    [
      "with two volumes of one name",
      { volumes: [{ name: "v" }, { name: "v" }] },
      ['spec.volumes[1].name: Duplicate value: "v"'],
    ],
    [
      "with a hostPath going up",
      { volumes: [{ name: "v", hostPath: { path: "/x/../y" } }] },
      [`spec.volumes[0].hostPath.path: Invalid value: "/x/../y": must not contain '..'`],
    ],
    [
      "with a hostPath of unknown type",
      { volumes: [{ name: "v", hostPath: { path: "/x", type: "Pipe" } }] },
      [
        'spec.volumes[0].hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
      ],
    ],
    [
      "with a Secret volume without a Secret",
      { volumes: [{ name: "v", secret: {} }] },
      ["spec.volumes[0].secret.secretName: Required value"],
    ],
    [
      "with a mode beyond 0777",
      { volumes: [{ name: "v", configMap: { name: "cm", defaultMode: 4096 } }] },
      [
        "spec.volumes[0].configMap.defaultMode: Invalid value: 4096: must be a number between 0 and 0777 (octal), both inclusive",
      ],
    ],
    ["with a wrong host name", { hostname: "A" }, [`spec.hostname: Invalid value: "A": ${label}`]],
    [
      "with a wrong host alias",
      { hostAliases: [{ ip: "x", hostnames: ["a"] }] },
      ['spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      "with a toleration without key or operator",
      { tolerations: [{ value: "x" }] },
      [
        'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      "with an unknown taint effect",
      { tolerations: [{ key: "a", operator: "Exists", effect: "Never" }] },
      [
        'spec.tolerations[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ],
    ],
    [
      "with a deadline of nought",
      { activeDeadlineSeconds: 0 },
      ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
    ],
    [
      "with a wrong user",
      { securityContext: { runAsUser: -1 } },
      ["spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"],
    ],
    [
      "with a host port on the host network that is not the container's",
      { hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 81 }] }] },
      [
        "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true",
      ],
    ],
    [
      "with one host port twice",
      {
        containers: [
          { name: "a", image: "b", ports: [{ containerPort: 80, hostPort: 80 }] },
          { name: "c", image: "b", ports: [{ containerPort: 81, hostPort: 80 }] },
        ],
      },
      ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
    ],
    [
      "with an empty node selector term",
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } },
      [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
      ],
    ],
    [
      "with an init container that has a probe",
      { initContainers: [{ name: "i", image: "b", readinessProbe: { tcpSocket: { port: 1 } } }] },
      [
        "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
      ],
    ],
    [
      "with an init container that restarts on failure",
      { initContainers: [{ name: "i", image: "b", restartPolicy: "OnFailure" }] },
      ['spec.initContainers[0].restartPolicy: Unsupported value: "OnFailure": supported values: "Always"'],
    ],
  ])("%s", (_what, spec, errors) => expect(errorsOf(spec)).toEqual(errors));
});

describe("a container is refused", () => {
  it.each<[what: string, fields: object, errors: string[]]>([
    ["without an image", { image: "" }, ["spec.containers[0].image: Required value"]],
    [
      "with space around its image",
      { image: " b" },
      ['spec.containers[0].image: Invalid value: " b": must not have leading or trailing whitespace'],
    ],
    ["with a wrong name", { name: "C_" }, [`spec.containers[0].name: Invalid value: "C_": ${label}`]],
    [
      "with a wrong pull policy",
      { imagePullPolicy: "Maybe" },
      [
        'spec.containers[0].imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"',
      ],
    ],
    [
      "with a port out of range",
      { ports: [{ containerPort: 70000 }] },
      ["spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"],
    ],
    [
      "with a port of an unknown protocol",
      { ports: [{ containerPort: 80, protocol: "HTTP" }] },
      ['spec.containers[0].ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      "with a mount of no volume",
      { volumeMounts: [{ name: "nope", mountPath: "/x" }] },
      ['spec.containers[0].volumeMounts[0].name: Not found: "nope"'],
    ],
    [
      "with requests above limits",
      { resources: { limits: { cpu: "1" }, requests: { cpu: "2" } } },
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      "with a negative limit",
      { resources: { limits: { memory: "-1" } } },
      [
        'spec.containers[0].resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0',
        'spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
      ],
    ],
    [
      "with an unknown resource",
      { resources: { requests: { gpu: "1" } } },
      [
        'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers',
      ],
    ],
    [
      "with two probe handlers",
      { livenessProbe: { tcpSocket: { port: 1 }, httpGet: { port: 1 } } },
      ["spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"],
    ],
    [
      "with a probe without handler",
      { livenessProbe: { periodSeconds: 1 } },
      ["spec.containers[0].livenessProbe: Required value: must specify a handler type"],
    ],
    [
      "with a liveness probe that must succeed twice",
      { livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } },
      ["spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"],
    ],
    [
      "with a wrong variable name",
      { env: [{ name: "1=2", value: "x" }] },
      [
        "spec.containers[0].env[0].name: Invalid value: \"1=2\": a valid environment variable name must consist only of printable ASCII characters other than '='",
      ],
    ],
    [
      "with a variable with two values",
      { env: [{ name: "A", value: "x", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] },
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      "with a variable from an unknown field",
      { env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.foo" } } }] },
      [
        'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo',
      ],
    ],
    [
      "with a variable from a field that only volumes show",
      { env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels" } } }] },
      [
        'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
      ],
    ],
    [
      "that stays, as only init containers may",
      { restartPolicy: "Always" },
      ["spec.containers[0].restartPolicy: Forbidden: may not be set for non-init containers"],
    ],
    [
      "that is privileged and may not be",
      { securityContext: { privileged: true, allowPrivilegeEscalation: false } },
      [
        'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
  ])("%s", (_what, fields, errors) => expect(errorsOfContainer(fields)).toEqual(errors));
});

it.each<[what: string, spec: object]>([
  [
    "a sidecar with probes",
    {
      initContainers: [
        { name: "i", image: "b", restartPolicy: "Always", readinessProbe: { exec: { command: ["a"] } } },
      ],
    },
  ],
  [
    "a label as a variable",
    {
      containers: [
        { ...container, env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels['a/b']" } } }] },
      ],
    },
  ],
  ["an extended resource", { containers: [{ ...container, resources: { limits: { "example.com/gpu": "1" } } }] }],
  ["a volume that Skiff cannot mount", { volumes: [{ name: "v", nfs: { server: "a", path: "/b" } }] }],
  [
    "a mount below a volume",
    {
      volumes: [{ name: "v" }],
      containers: [{ ...container, volumeMounts: [{ name: "v", mountPath: "/x", subPath: "a/b" }] }],
    },
  ],
  ["tolerating everything", { tolerations: [{ operator: "Exists" }] }],
])("a Pod may have %s", (_what, spec) => expect(errorsOf(spec)).toEqual([]));

describe("an update of a Pod", () => {
  const spec = { containers: [container], tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute" }] };
  const fixed =
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
  const metadata = { name: "x" };

  it.each<[what: string, next: Partial<PodSpec>, errors: string[]]>([
    ["may change an image", { containers: [{ ...container, image: "d" }] }, []],
    ["may set a deadline", { activeDeadlineSeconds: 5 }, []],
    ["may add a toleration", { tolerations: [...spec.tolerations, { key: "b", operator: "Exists" }] }, []],
    [
      "may not take a toleration away",
      { tolerations: [] },
      ["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"],
    ],
    ["may not change a command", { containers: [{ ...container, command: ["x"] }] }, [fixed]],
    ["may not set the node", { nodeName: "node-1" }, [fixed]],
    [
      "may not add a container",
      { containers: [container, { ...container, name: "d" }] },
      ["spec.containers: Forbidden: pod updates may not add or remove containers"],
    ],
  ])("%s", (_what, next, errors) => {
    expect(updateErrors(pod, { metadata, spec } as object, { metadata, spec: { ...spec, ...next } } as object)).toEqual(
      errors,
    );
  });

  it("sets the node when the scheduler binds it", () => {
    const next = { metadata, spec: { ...spec, nodeName: "node-1" } };
    expect(updateErrors(pod, { metadata, spec } as object, next as object, "binding")).toEqual([]);
  });
});
