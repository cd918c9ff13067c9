/** The Node object and its Lease. Rule: https://kubernetes.io/docs/reference/node/node-status/ */
import { readFile, statfs } from "node:fs/promises";
import { modify } from "../machinery/client.ts";
import { microTimestamp, timestamp } from "../machinery/clock.ts";
import type { RuntimeInfo } from "../machinery/container-runtime.ts";
import { onHost } from "../machinery/host-root.ts";
import { nodeAddresses } from "../machinery/network-names.ts";
import { leases, nodes } from "../machinery/resource.ts";
import { kubernetesVersion } from "../machinery/settings.ts";
import type { Node, NodeCondition } from "../machinery/types.ts";
import type { KubeletOptions, NodeResources } from "./parts.ts";

/**
 * The node tells that it lives this often when nothing changes: the interval at which a kubelet reports an unchanged
 * status. A Lease every 10 s, as Kubernetes renews it, is of use only to a control plane that may lose sight of its node;
 * this one runs in the same process, and six writes to disk a minute would keep an idle machine awake.
 */
const reportIntervalMs = 5 * 60 * 1000;
/** When to try again what could not be written: the interval at which a kubelet looks at its node's status. */
const retryMs = 10_000;
const mostPods = 110;
const leaseNamespace = "kube-node-lease";

type Options = Pick<KubeletOptions, "client" | "runtime" | "events" | "clock" | "log" | "settings">;

export class NodeStatus {
  readonly #options: Options;
  #info: RuntimeInfo | undefined;
  #ready = true;
  #timer: Disposable | undefined;
  #watch: Disposable | undefined;
  /** Conditions that Events have told of, with their status. Everything is told again after a restart, as by a kubelet. */
  readonly #told = new Map<string, string>();
  #writing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: Options) {
    this.#options = options;
  }

  async resources(info: RuntimeInfo): Promise<NodeResources> {
    const disk = await statfs(this.#options.settings.dataDir).catch(() => undefined);
    return {
      memoryBytes: info.memoryBytes,
      allocatable: {
        cpu: String(info.cpus),
        memory: `${Math.floor(info.memoryBytes / 1024)}Ki`,
        "ephemeral-storage": `${Math.floor(((disk?.blocks ?? 0) * (disk?.bsize ?? 0)) / 1024)}Ki`,
        pods: String(mostPods),
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
      },
    };
  }

  /** Makes the Node (or brings it up to date) and its Lease, and keeps both so. */
  async register(info: RuntimeInfo): Promise<void> {
    const { client, settings } = this.#options;
    this.#info = info;
    const key = { name: settings.nodeName };
    const labels = labelsOf(settings.nodeName, info.architecture);
    const known = await modify(client, nodes, key, (node) => {
      node.metadata.labels = { ...node.metadata.labels, ...labels };
    });
    if (!known) await this.#make(info);
    this.#tell("Starting", "Starting kubelet.");
    await this.#report();
    this.#tell("NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
    this.#schedule(reportIntervalMs);
    // Kubernetes makes a deleted Node again when its kubelet is restarted; here that would restart the whole cluster.
    this.#watch = client.watch(nodes, ({ type, object }) => {
      if (type === "DELETED" && object.metadata.name === settings.nodeName) this.#reportSoon();
    });
  }

  /** Whether the engine answers; the Node says so at once. */
  setReady(ready: boolean): void {
    if (this.#ready === ready || this.#stopped) return;
    this.#ready = ready;
    if (this.#info) this.#reportSoon();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
    this.#watch?.[Symbol.dispose]();
  }

  async #make({ architecture }: RuntimeInfo): Promise<void> {
    const { client, settings } = this.#options;
    this.#told.clear();
    const name = settings.nodeName;
    await client.create(nodes, {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        labels: labelsOf(name, architecture),
        annotations: { "node.alpha.kubernetes.io/ttl": "0" },
      },
      spec: {
        podCIDR: settings.podCidr,
        podCIDRs: [settings.podCidr, ...(settings.ipv6 ? [settings.ipv6.podCidr] : [])],
      },
    });
  }

  /** After what is being written now, so that the last word is the latest. */
  #reportSoon(): void {
    this.#writing = this.#writing
      .then(() => this.#report())
      .catch((error: unknown) => {
        this.#options.log.warn({ error: String(error) }, "cannot write the node's status");
        this.#schedule(retryMs);
      });
  }

  #schedule(delayMs: number): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#stopped) return;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#schedule(reportIntervalMs);
      this.#reportSoon();
    });
  }

  async #report(): Promise<void> {
    const { client, settings, clock } = this.#options;
    const info = this.#info;
    if (!info || this.#stopped) return;
    const name = settings.nodeName;
    if (!client.get(nodes, { name })) await this.#make(info);
    const { allocatable } = await this.resources(info);
    const nodeInfo = await systemInfo(info);
    const written = await modify(
      client,
      nodes,
      { name },
      (node) => {
        const conditions = conditionsOf(node.status?.conditions ?? [], this.#ready, clock.now());
        node.status = {
          ...node.status,
          capacity: { ...allocatable },
          allocatable: { ...allocatable },
          conditions,
          addresses: [
            ...nodeAddresses(settings).map((address) => ({ type: "InternalIP", address })),
            { type: "Hostname", address: name },
          ],
          daemonEndpoints: { kubeletEndpoint: { Port: settings.apiPort } },
          nodeInfo,
        };
      },
      { subresource: "status" },
    );
    this.#tellConditions(written?.status?.conditions ?? []);
    await this.#renewLease();
  }

  #tellConditions(conditions: readonly NodeCondition[]): void {
    for (const { type, status } of conditions) {
      const reason = eventReasons[`${type}=${status}`];
      if (reason === undefined || this.#told.get(type) === status) continue;
      this.#told.set(type, status);
      this.#tell(reason, `Node ${this.#options.settings.nodeName} status is now: ${reason}`);
    }
  }

  #tell(reason: string, message: string): void {
    const name = this.#options.settings.nodeName;
    // A kubelet knows its node by name alone; clients look for Events under both, this and the Node's UID.
    this.#options.events.record({ kind: "Node", name, uid: name }, "Normal", reason, message);
  }

  async #renewLease(): Promise<void> {
    const { client, settings, clock } = this.#options;
    const key = { namespace: leaseNamespace, name: settings.nodeName };
    const spec = {
      holderIdentity: settings.nodeName,
      leaseDurationSeconds: (reportIntervalMs / 1000) * 3,
      renewTime: microTimestamp(clock.now()),
    };
    const node = client.get(nodes, { name: settings.nodeName });
    const owner = { apiVersion: "v1", kind: "Node", name: settings.nodeName, uid: node?.metadata.uid ?? "" };
    const ownerReferences = node ? [owner] : [];
    const renewed = await modify(client, leases, key, (lease) => {
      // One of a Node that was deleted would be deleted with it.
      lease.metadata.ownerReferences = ownerReferences;
      lease.spec = { ...lease.spec, ...spec };
    });
    if (renewed) return;
    await client.create(leases, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { ...key, ownerReferences },
      spec,
    });
  }
}

function labelsOf(name: string, architecture: string): Record<string, string> {
  return {
    "beta.kubernetes.io/arch": architecture,
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": architecture,
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    "node-role.kubernetes.io/control-plane": "",
  };
}

/** What a kubelet calls the news that a condition has this status. */
const eventReasons: Readonly<Record<string, string>> = {
  "MemoryPressure=False": "NodeHasSufficientMemory",
  "DiskPressure=False": "NodeHasNoDiskPressure",
  "PIDPressure=False": "NodeHasSufficientPID",
  "Ready=True": "NodeReady",
  "Ready=False": "NodeNotReady",
};

function conditionsOf(before: readonly NodeCondition[], ready: boolean, now: number): NodeCondition[] {
  const verdicts: [string, string, string, string][] = [
    ["MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
    ["DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
    ["PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
    ready
      ? ["Ready", "True", "KubeletReady", "kubelet is posting ready status"]
      : ["Ready", "False", "KubeletNotReady", "container runtime is down"],
  ];
  return verdicts.map(([type, status, reason, message]) => {
    const earlier = before.find((condition) => condition.type === type);
    const changed = earlier?.status !== status;
    return {
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: timestamp(now),
      lastTransitionTime: changed ? timestamp(now) : (earlier?.lastTransitionTime ?? timestamp(now)),
    };
  });
}

async function firstLine(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.trim();
}

async function systemInfo(info: RuntimeInfo): Promise<NonNullable<NonNullable<Node["status"]>["nodeInfo"]>> {
  const [machineID, systemUUID, bootID] = await Promise.all([
    onHost("/etc/machine-id").then(firstLine),
    firstLine("/sys/class/dmi/id/product_uuid"),
    firstLine("/proc/sys/kernel/random/boot_id"),
  ]);
  return {
    machineID,
    systemUUID: systemUUID || machineID,
    bootID,
    kernelVersion: info.kernelVersion,
    osImage: info.operatingSystem,
    containerRuntimeVersion: `${info.name}://${info.version}`,
    kubeletVersion: kubernetesVersion,
    // Not told any more since 1.33: https://kep.k8s.io/4004
    kubeProxyVersion: "",
    operatingSystem: "linux",
    architecture: info.architecture,
  };
}
