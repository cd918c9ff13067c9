/** Asks an instance how it is, and sees that it is the one that is meant. */
import { type StatusReport, UserError } from "../machinery/daemon.ts";
import { foreignDirectory } from "../machinery/instance-paths.ts";
import { ask } from "./admin-client.ts";
import { type InstanceOptions, pathsOf } from "./instance-options.ts";

/**
 * @returns undefined when it does not run.
 * @throws UserError when the directory is that of an instance of another name.
 */
export async function runningStatus(options: InstanceOptions): Promise<StatusReport | undefined> {
  const paths = pathsOf(options);
  const answer = await ask(paths.socket, "GET", "/skiff/status");
  if (!answer) return undefined;
  const report = JSON.parse(answer.body) as StatusReport;
  const error = foreignDirectory(paths.dataDir, report.name, options.name);
  if (error) throw new UserError(error);
  return report;
}
