/** What the command line and the daemon say to each other: options in, one report out. */
import type { ProxyMode } from "./settings.ts";

/** Options of `skiff up`, as given; what is absent is chosen (docs/architecture.md, "Starting"). */
export interface DaemonOptions {
  name: string;
  /** Absolute path. */
  dataDir: string;
  port?: number;
  /** `10.244.0.0/16`, or for dual-stack `10.244.0.0/16,fd00:10:244::/64`. */
  podCidr?: string;
  /** `10.96.0.0/12`, or for dual-stack `10.96.0.0/12,fd00:10:96::/112`. */
  serviceCidr?: string;
  /** `30000-32767` */
  nodePortRange?: string;
  proxyMode?: ProxyMode | "auto";
}

/** What `skiff up` prints, and the daemon reports once the node is Ready. */
export interface UpReport {
  pid: number;
  /** `https://127.0.0.1:6443` */
  apiServer: string;
  proxyMode: ProxyMode;
  /** Why nftables is not used, if it is not though `auto` was asked for. */
  proxyModeReason?: string;
  kubeconfig: string;
  context: string;
  /** With both families of a dual-stack cluster, as `skiff up` takes them. */
  podCidr: string;
  /** Likewise. */
  serviceCidr: string;
  /** Ports of the host at which Ingresses are served. */
  ingress: { http: number; https: number };
}

/** `skiff status -o json`. Sizes in bytes, times in seconds. */
export interface StatusReport extends UpReport {
  name: string;
  version: string;
  kubernetesVersion: string;
  uptimeSeconds: number;
  docker: { version: string; apiVersion: string };
  /** Number of objects per resource: `{ "pods": 3, "deployments.apps": 1 }`. */
  objects: Record<string, number>;
  /** Number of Pods per phase. */
  pods: Record<string, number>;
  memoryBytes: number;
  dataDir: string;
}

/** One line of `skiff doctor`. */
export interface Finding {
  check: string;
  level: "ok" | "warning" | "error";
  /** What was found: `Docker Engine 20.10.24, cgroup v1`. */
  found: string;
  /** What to do about it; absent when all is well. */
  remedy?: string;
}

/** A failure that is the user's to mend: one sentence with cause and remedy, never a stack. */
export class UserError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UserError";
  }
}

/** Another process has the instance: it runs, or is about to. */
export class AlreadyRunningError extends UserError {}

/** A running daemon. */
export interface RunningDaemon {
  report: UpReport;
  /** Stops everything in reverse order of its start. Pods' containers go on running if `keepPods`. */
  stop(options: { keepPods: boolean }): Promise<void>;
  /** Resolves when the daemon has stopped, for whatever reason. */
  stopped: Promise<void>;
}

/** What the daemon's bundle exports; the command line loads it by its path, never by an import of its sources. */
export interface DaemonModule {
  start(options: DaemonOptions): Promise<RunningDaemon>;
  /** Removes all that carries the instance's label. The daemon must not be running. Returns what was removed, a line each. */
  reset(options: DaemonOptions): Promise<string[]>;
  doctor(options: DaemonOptions): Promise<Finding[]>;
}
