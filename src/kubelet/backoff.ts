/**
 * When a container that ended starts again: at once the first time, then 10 s after its end, doubling up to 5 minutes; a
 * container that ran for 10 minutes begins anew. Derived from what the engine knows of the instance, so that a restart
 * of Skiff forgets nothing. Rule: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
 */
const firstSeconds = 10;
const longestSeconds = 300;
const resetMs = 10 * 60 * 1000;

export interface Ended {
  /** Seconds to wait after this instance, as decided when it was created: 0 for the first. */
  backoffSeconds: number;
  createdAt: number;
  finishedAt: number;
}

export interface Restart {
  /** Earliest time, in milliseconds since the epoch. */
  at: number;
  /** The wait after this instance, in seconds. */
  waitSeconds: number;
  /** To be kept with the next instance. */
  nextBackoffSeconds: number;
}

export function restartAfter({ backoffSeconds, createdAt, finishedAt }: Ended): Restart {
  const waitSeconds = finishedAt - createdAt > resetMs ? 0 : backoffSeconds;
  return {
    at: finishedAt + waitSeconds * 1000,
    waitSeconds,
    nextBackoffSeconds: nextSeconds(waitSeconds),
  };
}

/**
 * After a container that was ended because of a failed probe the wait counts from the end of the instance before it, which
 * is over by then unless probes fail fast; and the first such restart begins no row of waits. Observed of the kubelet: it
 * looks at what had ended when it decides, and the container it is about to end had not.
 */
export function restartAfterProbe(ended: Ended, before: { finishedAt: number } | undefined): Restart {
  if (!before) return { at: ended.finishedAt, waitSeconds: 0, nextBackoffSeconds: 0 };
  const restart = restartAfter(ended);
  return { ...restart, at: before.finishedAt + restart.waitSeconds * 1000 };
}

/**
 * In a Pod that comes back as a whole, after `skiff down` or a reboot, containers start at once: most of them ended only
 * because the Pod did. One that crashes goes on with its row of waits where it was.
 */
export function restartWithPod({ backoffSeconds, finishedAt }: Ended): Restart {
  return { at: finishedAt, waitSeconds: 0, nextBackoffSeconds: backoffSeconds };
}

/** The wait that follows one of so many seconds. */
export function nextSeconds(seconds: number): number {
  return seconds === 0 ? firstSeconds : Math.min(seconds * 2, longestSeconds);
}

/** Go's way to print seconds: `10s`, `1m20s`, `5m0s`. */
export function printSeconds(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
