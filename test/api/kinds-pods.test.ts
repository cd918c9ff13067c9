/** Pods through the whole pipeline: what admission adds, and the parts that are served apart. */
import { describe, expect, it } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import type { KubeObject } from "../../src/machinery/object.ts";
import { deployments, namespaces, pods, serviceAccounts } from "../../src/machinery/resource.ts";
import type { Binding, Eviction, Pod, PodSpec, Scale } from "../../src/machinery/types.ts";
import { startApi, type TestApi } from "../support/api.ts";

const container = { name: "c", image: "busybox:1.35" };
const key = { namespace: "default", name: "p" };

function pod(spec: Partial<PodSpec> = {}): Pod {
  return { metadata: { ...key }, spec: { containers: [container], ...spec } };
}

async function start(): Promise<TestApi> {
  const api = await startApi(kinds);
  await api.client.create(serviceAccounts, { metadata: { name: "default", namespace: "default" } });
  return api;
}

function bind(api: TestApi, node: string): Promise<KubeObject> {
  const binding: Binding = { metadata: { ...key }, target: { kind: "Node", name: node } };
  return api.client.create<KubeObject>(pods, binding, { subresource: "binding" });
}

describe("a new Pod", () => {
  it("gets its account, its token, its tolerations and its priority", async () => {
    await using api = await start();
    const { spec, status } = await api.client.create(pods, pod());
    const [volume] = spec?.volumes ?? [];
    expect(volume?.name).toMatch(/^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(volume?.projected).toEqual({
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
          },
        },
      ],
    });
    expect(spec).toMatchObject({
      serviceAccountName: "default",
      serviceAccount: "default",
      priority: 0,
      preemptionPolicy: "PreemptLowerPriority",
      tolerations: [
        { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
        { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
      ],
    });
    expect(spec?.containers[0]?.volumeMounts).toEqual([
      { name: volume?.name, readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
    ]);
    expect(status).toEqual({ phase: "Pending", qosClass: "BestEffort" });
  });

  it("has no token when it or its account does not want one", async () => {
    await using api = await start();
    const bare = await api.client.create(pods, pod({ automountServiceAccountToken: false }));
    expect(bare.spec?.volumes).toBeUndefined();
    await api.client.create(serviceAccounts, {
      metadata: { name: "bot", namespace: "default" },
      automountServiceAccountToken: false,
      imagePullSecrets: [{ name: "registry" }],
    });
    const second = { ...pod({ serviceAccountName: "bot" }), metadata: { name: "q", namespace: "default" } };
    const { spec } = await api.client.create(pods, second);
    expect(spec?.volumes).toBeUndefined();
    expect(spec?.imagePullSecrets).toEqual([{ name: "registry" }]);
  });

  it("is refused without its account, or with a class that is not there", async () => {
    await using api = await start();
    await expect(api.client.create(pods, pod({ serviceAccountName: "nobody" }))).rejects.toMatchObject({
      code: 403,
      message:
        'pods "p" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found',
    });
    await expect(api.client.create(pods, pod({ priorityClassName: "high" }))).rejects.toThrow(
      'pods "p" is forbidden: no PriorityClass with name high was found',
    );
    const critical = await api.client.create(pods, pod({ priorityClassName: "system-node-critical" }));
    expect(critical.spec?.priority).toBe(2_000_001_000);
  });

  it("is answered with a warning for what Skiff does not do", async () => {
    await using api = await start();
    const spread = { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "DoNotSchedule" };
    const topologySpreadConstraints = [spread, { ...spread, minDomains: 2 }];
    await api.client.create(pods, pod({ runtimeClassName: "gvisor", topologySpreadConstraints }));
    expect(api.warnings).toEqual([
      "spec.runtimeClassName: stored, but not honoured by Skiff yet",
      "spec.topologySpreadConstraints[1].minDomains: stored, but not honoured by Skiff yet",
    ]);
  });
});

describe("a Pod's parts", () => {
  it("bind it to a node, once", async () => {
    await using api = await start();
    await api.client.create(pods, pod());
    expect(await bind(api, "node-1")).toMatchObject({ kind: "Status", status: "Success", code: 201 });
    const bound = api.client.get(pods, key);
    expect(bound?.spec?.nodeName).toBe("node-1");
    expect(bound?.status?.conditions).toEqual([
      { type: "PodScheduled", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" },
    ]);
    await expect(bind(api, "node-2")).rejects.toMatchObject({
      code: 409,
      message: 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "node-1"',
    });
  });

  it("may not be bound without a target", async () => {
    await using api = await start();
    await api.client.create(pods, pod());
    await expect(bind(api, "")).rejects.toThrow('Binding "p" is invalid: target.name: Required value');
  });

  it("evict it", async () => {
    await using api = await start();
    await api.client.create(pods, pod());
    await api.client.create<KubeObject>(pods, { metadata: { ...key } }, { subresource: "eviction" });
    expect(api.client.get(pods, key)).toBeUndefined();
  });

  it("evict it for the sake of trying only", async () => {
    await using api = await start();
    await api.client.create(pods, pod());
    const evict = (dryRun: string[]): Promise<KubeObject> => {
      const eviction: Eviction = { metadata: { ...key }, deleteOptions: { dryRun } };
      return api.client.create<KubeObject>(pods, eviction, { subresource: "eviction" });
    };
    await evict(["All"]);
    await expect(evict(["Some"])).rejects.toThrow('dryRun: Unsupported value: ["Some"]: supported values: "All"');
    expect(api.client.get(pods, key)?.metadata.deletionTimestamp).toBeUndefined();
  });
});

describe("deleting a Pod", () => {
  it.each<[what: string, seconds: number | undefined, status: Pod["status"], left: number | undefined]>([
    ["takes its own time", undefined, { phase: "Running" }, 30],
    ["takes the time asked for", 5, { phase: "Running" }, 5],
    ["at once is at once", 0, { phase: "Running" }, undefined],
    ["that has ended is at once", undefined, { phase: "Succeeded" }, undefined],
  ])("%s", async (_what, gracePeriodSeconds, status, left) => {
    await using api = await start();
    await api.client.create(pods, pod());
    await bind(api, "node-1");
    const object = structuredClone(api.client.get(pods, key)) as Pod;
    await api.client.update(pods, { ...object, status: { ...object.status, ...status } }, { subresource: "status" });
    await api.client.delete(pods, key, { ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }) });
    expect(api.client.get(pods, key)?.metadata.deletionGracePeriodSeconds).toBe(left);
  });

  it("that no node has is at once", async () => {
    await using api = await start();
    await api.client.create(pods, pod());
    await api.client.delete(pods, key);
    expect(api.client.get(pods, key)).toBeUndefined();
  });
});

describe("scale", () => {
  it("shows and sets the replicas of a Deployment", async () => {
    await using api = await start();
    await api.client.create(deployments, {
      metadata: { ...key },
      spec: {
        replicas: 0,
        selector: { matchLabels: { a: "b" } },
        template: { metadata: { labels: { a: "b" } }, spec: { containers: [container] } },
      },
    });
    const sent: Scale = { metadata: { ...key }, spec: { replicas: 3 } };
    const scaled = await api.client.update<KubeObject>(deployments, sent, { subresource: "scale" });
    expect(scaled).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      spec: { replicas: 3 },
      status: { replicas: 0, selector: "a=b" },
    });
    expect(api.client.get(deployments, key)?.spec?.replicas).toBe(3);
    expect(api.client.get(deployments, key)?.metadata.generation).toBe(2);
    const wrong: Scale = { metadata: { ...key }, spec: { replicas: -2 } };
    await expect(api.client.update<KubeObject>(deployments, wrong, { subresource: "scale" })).rejects.toThrow(
      'Scale.autoscaling "p" is invalid: spec.replicas: Invalid value: -2: must be greater than or equal to 0',
    );
  });
});

describe("a Namespace", () => {
  it("is held back until it is finalized", async () => {
    await using api = await start();
    await api.client.create(namespaces, { metadata: { name: "other" } });
    await api.client.delete(namespaces, { name: "other" });
    const ending = api.client.get(namespaces, { name: "other" });
    expect(ending?.status?.phase).toBe("Terminating");
    const finalized = { ...ending, metadata: { name: "other" }, spec: { finalizers: [] } };
    await api.client.update(namespaces, finalized, { subresource: "finalize" });
    expect(api.client.get(namespaces, { name: "other" })).toBeUndefined();
  });

  it.each(["default", "kube-system"])("%s may not be deleted", async (name) => {
    await using api = await start();
    await expect(api.client.delete(namespaces, { name })).rejects.toMatchObject({
      code: 403,
      message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    });
  });
});
