/**
 * A controller: brings the world towards what one object says. It is told a key, reads the present state and acts;
 * it never sees events, so it may be started, stopped or repeated at any moment (promise 4 of the design).
 */
import type { Client, WatchEvent } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { Logger } from "./log.ts";
import type { KubeObject, ObjectKey } from "./object.ts";
import type { Resource } from "./resource.ts";
import type { ClusterSettings } from "./settings.ts";
import type { Traffic } from "./traffic.ts";

export interface ControllerContext {
  client: Client;
  /** Records Events under the controller's name. */
  events: EventRecorder;
  clock: Clock;
  log: Logger;
  settings: ClusterSettings;
  traffic: Traffic;
  signal: AbortSignal;
}

/** A planned wait: reconcile this key again after so many milliseconds, whatever happens. */
export interface Requeue {
  requeueAfterMs: number;
}

/** Which keys of the controller's own objects a change of another object concerns. */
export interface ControllerWatch<T extends KubeObject = KubeObject> {
  resource: Resource<T>;
  /** Keys (`namespace/name`) to reconcile. May read through the client. */
  keys(event: WatchEvent<T>, client: Client): Iterable<string>;
}

/** Lets a list of watches of different types be written without casts. */
export function watching<T extends KubeObject>(
  resource: Resource<T>,
  keys: ControllerWatch<T>["keys"],
): ControllerWatch {
  return { resource, keys };
}

export interface ControllerDefinition {
  /** As in Kubernetes' Events: `deployment-controller`. */
  name: string;
  /** Keys reconciled at once. 5 if absent. */
  concurrency?: number;
  watches: readonly ControllerWatch[];
  /** Also reconciles the keys this gives for Pods that entered or left the proxy's rules. */
  trafficKeys?(podUids: ReadonlySet<string>, client: Client): Iterable<string>;
  /** Called with the key; an error means again, after a back-off. */
  reconcile(key: ObjectKey, context: ControllerContext): Promise<Requeue | void>;
}
