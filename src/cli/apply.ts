/** `skiff apply`. */
import type { InstanceOptions } from "./instance-options.ts";
import { readManifests } from "./manifest-files.ts";
import { show } from "./print-result.ts";
import { sendFiles } from "./send-files.ts";

export interface ApplyOptions extends InstanceOptions {
  filename: string;
  namespace?: string;
  dryRun?: boolean;
  forceConflicts?: boolean;
  fieldManager?: string;
  projectName?: string;
}

/** @returns the exit code: 1 when something is wrong or there is nothing, and then nothing was applied. */
export async function apply({ filename, forceConflicts = false, ...options }: ApplyOptions): Promise<number> {
  const result = await sendFiles(options, readManifests(filename), { ...options, force: forceConflicts });
  const code = show(result, options.dryRun);
  if (result.items.length > 0) return code;
  // A Compose file without services; where there is nothing at all the daemon says the same.
  console.error("no objects passed to apply");
  return 1;
}
