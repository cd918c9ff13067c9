import { expect, test } from "vitest";
import type { Stored } from "../machinery/object.ts";
import type { Container, Pod, PodSpec } from "../machinery/types.ts";
import { containerConfig, sandboxConfig, specHash } from "./container-config.ts";

const pod = (spec: Partial<PodSpec>): Stored<Pod> => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web",
    namespace: "lab",
    uid: "u1",
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
  spec: { containers: [], ...spec },
});

function configOf(container: Partial<Container>, spec: Partial<PodSpec> = {}, imageUser = "") {
  return containerConfig({
    pod: pod(spec),
    container: { name: "c", image: "busybox:1", ...container },
    image: { id: "sha256:1", repoDigests: [], user: imageUser, sizeBytes: 1 },
    sandbox: "s1",
    restartCount: 2,
    backoffSeconds: 20,
    env: new Map([["NAME", "value"]]),
    mounts: [],
    nodeMemory: 1024 ** 3,
  });
}

test("names, labels, and nothing that the spec does not say", () => {
  expect(configOf({})).toEqual({
    name: "k8s_c_web_lab_u1_2",
    labels: {
      "skiff.dev/pod-uid": "u1",
      "skiff.dev/pod-name": "web",
      "skiff.dev/pod-namespace": "lab",
      "skiff.dev/container": "c",
      "skiff.dev/restart-count": "2",
      "skiff.dev/spec-hash": specHash({ name: "c", image: "busybox:1" }),
      "skiff.dev/sandbox": "s1",
      "skiff.dev/backoff-seconds": "20",
    },
    image: "busybox:1",
    sandbox: "s1",
    env: ["NAME=value"],
    groups: [],
    tty: false,
    stdin: false,
    stdinOnce: false,
    mounts: [],
    pid: "own",
    ipc: "sandbox",
    privileged: false,
    readOnlyRootFilesystem: false,
    capabilities: { add: [], drop: [] },
    noNewPrivileges: false,
    unmaskedProc: false,
    resources: { cpuShares: 2, oomScoreAdjust: 1000 },
  });
});

test("command and args: the image's entrypoint and its arguments, expanded", () => {
  expect(configOf({ command: ["run", "$(NAME)"] })).toMatchObject({ entrypoint: ["run", "value"] });
  expect(configOf({ args: ["$(NAME)", "$$(NAME)"] })).toMatchObject({ cmd: ["value", "$(NAME)"] });
});

test.each([
  { own: {}, of: {}, imageUser: "", user: undefined },
  { own: {}, of: { runAsUser: 1000 }, imageUser: "", user: "1000" },
  { own: { runAsUser: 5 }, of: { runAsUser: 1000, runAsGroup: 7 }, imageUser: "", user: "5:7" },
  { own: { runAsGroup: 7 }, of: {}, imageUser: "nginx", user: "nginx:7" },
  { own: { runAsGroup: 7 }, of: {}, imageUser: "", user: "0:7" },
])("user of $own in $of on an image of $imageUser: $user", ({ own, of, imageUser, user }) => {
  expect(configOf({ securityContext: own }, { securityContext: of }, imageUser).user).toBe(user);
});

test("supplementary groups and the files' group", () => {
  expect(configOf({}, { securityContext: { supplementalGroups: [1, 2], fsGroup: 3 } }).groups).toEqual(["1", "2", "3"]);
});

const where = '(pod: "web_lab(u1)", container: c)';
test.each([
  { own: { runAsUser: 0 }, imageUser: "", error: `container's runAsUser breaks non-root policy ${where}` },
  { own: {}, imageUser: "", error: `container has runAsNonRoot and image will run as root ${where}` },
  { own: {}, imageUser: "0:5", error: `container has runAsNonRoot and image will run as root ${where}` },
  {
    own: {},
    imageUser: "nginx",
    error: `container has runAsNonRoot and image has non-numeric user (nginx), cannot verify user is non-root ${where}`,
  },
])("runAsNonRoot, $own, image user $imageUser: refused", ({ own, imageUser, error }) => {
  expect(() => configOf({ securityContext: own }, { securityContext: { runAsNonRoot: true } }, imageUser)).toThrow(
    error,
  );
});

test("runAsNonRoot is content with a number that is not 0", () => {
  expect(configOf({}, { securityContext: { runAsNonRoot: true } }, "101").user).toBeUndefined();
});

test("the security context", () => {
  const securityContext = {
    privileged: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
    seccompProfile: { type: "Unconfined" },
    procMount: "Unmasked",
  };
  expect(configOf({ securityContext }, { hostPID: true, hostIPC: true })).toMatchObject({
    privileged: true,
    readOnlyRootFilesystem: true,
    noNewPrivileges: true,
    capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
    seccomp: "unconfined",
    unmaskedProc: true,
    pid: "host",
    ipc: "host",
  });
});

test("a sandbox publishes host ports, and none with host networking", () => {
  const containers = [
    { name: "c", ports: [{ containerPort: 80, hostPort: 8080, protocol: "TCP" }, { containerPort: 81 }] },
  ];
  const plan = { pod: pod({ containers }), attempt: 1, hostname: "web", mounts: [] };
  expect(sandboxConfig({ ...plan, address: "10.244.0.5" })).toMatchObject({
    name: "k8s_POD_web_lab_u1_1",
    hostname: "web",
    network: { address: "10.244.0.5", ports: [{ containerPort: 80, hostPort: 8080, hostIp: "", protocol: "tcp" }] },
    labels: { "skiff.dev/pod-ip": "10.244.0.5" },
  });
  expect(sandboxConfig(plan).network).toBeUndefined();
  expect(sandboxConfig(plan).hostname).toBeUndefined();
});
