/** The output of all Pods of a Compose project, line by line, those that come later too. */
import { pods } from "../machinery/resource.ts";
import type { Pod } from "../machinery/types.ts";
import { lines, pathTo, type Selection, watch } from "./api-client.ts";

/** Of containers that ran before, only the end is shown. */
const linesOfOld = 10;

/** Ends when `signal` is aborted. @param print is given whole lines. */
export async function followLogs(
  socket: string,
  selection: Selection,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const began = Date.now();
  const followed = new Set<string>();
  const follow = async (pod: string, container: string, isOld: boolean): Promise<void> => {
    const query = new URLSearchParams({ container, follow: "true", ...(isOld && { tailLines: String(linesOfOld) }) });
    const path = `${pathTo(pods, selection.namespace, pod)}/log?${query.toString()}`;
    try {
      for await (const line of lines(socket, path, signal)) print(`${pod} | ${line}`);
    } catch (error) {
      // Its container went between the watch's word and the request.
      print(`${pod} | (${error instanceof Error ? error.message : String(error)})`);
    }
  };
  const following: Promise<void>[] = [];
  while (!signal.aborted) {
    for await (const { object } of watch<Pod>(socket, pods, selection, signal)) {
      for (const { name, containerID, state } of object.status?.containerStatuses ?? []) {
        if (!containerID || followed.has(containerID)) continue;
        followed.add(containerID);
        const startedAt = state?.running?.startedAt ?? state?.terminated?.startedAt;
        following.push(
          follow(object.metadata.name, name, startedAt !== undefined && Date.parse(startedAt) < began - 2000),
        );
      }
    }
  }
  await Promise.all(following);
}
