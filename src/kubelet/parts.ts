/** What the parts of the kubelet share. */
import type { Client } from "../machinery/client.ts";
import type { Clock } from "../machinery/clock.ts";
import type { ContainerRuntime } from "../machinery/container-runtime.ts";
import type { EventRecorder } from "../machinery/event-recorder.ts";
import type { Logger } from "../machinery/log.ts";
import type { ClusterSettings } from "../machinery/settings.ts";
import type { Traffic } from "../machinery/traffic.ts";
import type { Addresses } from "./addresses.ts";
import type { ContainerCache } from "./container-cache.ts";
import type { Images } from "./images.ts";
import type { Kills } from "./kills.ts";

export interface TokenRequest {
  namespace: string;
  serviceAccount: string;
  audiences?: string[];
  expirationSeconds: number;
  pod: { name: string; uid: string };
}

/** Issues a token for a ServiceAccount, bound to a Pod. @throws Error when there is no such ServiceAccount. */
export type IssueToken = (request: TokenRequest) => Promise<{ token: string; expirationTimestamp: string }>;

export interface KubeletOptions {
  client: Client;
  runtime: ContainerRuntime;
  events: EventRecorder;
  clock: Clock;
  log: Logger;
  settings: ClusterSettings;
  traffic: Traffic;
  issueToken: IssueToken;
}

/** What the node has to give. */
export interface NodeResources {
  memoryBytes: number;
  /** Quantities by resource: `cpu`, `memory`, `ephemeral-storage`, `pods`. */
  allocatable: Readonly<Record<string, string>>;
}

export interface KubeletParts extends KubeletOptions {
  cache: ContainerCache;
  images: Images;
  kills: Kills;
  addresses: Addresses;
  node: NodeResources;
}
