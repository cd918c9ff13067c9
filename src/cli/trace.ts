/** `skiff trace`. */
import type { ServiceTrace } from "../machinery/service-trace.ts";
import { askDaemon, serviceParameter } from "./ask-daemon.ts";
import type { InstanceOptions } from "./instance-options.ts";
import { printTrace } from "./print-trace.ts";

export interface TraceOptions extends InstanceOptions {
  namespace: string;
  output?: string;
}

/** @returns the exit code: 1 when no Pod could be reached. @throws UserError when there is no such Service. */
export async function trace(service: string, options: TraceOptions): Promise<number> {
  const answer = await askDaemon(options, `/skiff/trace?${serviceParameter(service, options.namespace)}`);
  const traced = JSON.parse(answer) as ServiceTrace;
  console.log(options.output === "json" ? JSON.stringify(traced, null, 2) : printTrace(traced));
  return traced.connections.some(({ failure }) => failure !== undefined) ? 1 : 0;
}
