/** Lifecycle hooks. Rule: https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/ */
import { setTimeout as wait } from "node:timers/promises";
import type { Container } from "../../machinery/types.ts";
import { probeExec } from "./exec.ts";
import { httpTarget, portNumber, type Target } from "./handler.ts";
import { probeHttp } from "./http.ts";
import { probeTcp } from "./tcp.ts";

export type Hook = NonNullable<NonNullable<Container["lifecycle"]>["preStop"]>;

/** Hooks have no time limit of their own: a day is as good as none. */
const longestMs = 24 * 60 * 60 * 1000;

/** Carries a hook out. @throws Error with what the command printed, or the answer, when it failed. */
export async function runHook(hook: Hook, target: Target): Promise<void> {
  if (hook.sleep) {
    await wait(hook.sleep.seconds * 1000);
    return;
  }
  const outcome = await (hook.exec
    ? probeExec(target.runtime, target.id, hook.exec.command ?? [], longestMs)
    : hook.httpGet
      ? probeHttp(httpTarget(target, hook.httpGet), longestMs)
      : hook.tcpSocket
        ? probeTcp(hook.tcpSocket.host || target.podIp, portNumber(target.container, hook.tcpSocket.port), longestMs)
        : undefined);
  if (outcome?.result === "failure") throw new Error(outcome.output);
}
