/** `skiff kubeconfig`. */
import { readFileSync } from "node:fs";
import { UserError } from "../machinery/daemon.ts";
import { type InstanceOptions, nameFlag, pathsOf } from "./instance-options.ts";

export function kubeconfig(options: InstanceOptions): number {
  const { kubeconfig: file } = pathsOf(options);
  try {
    process.stdout.write(readFileSync(file, "utf8"));
    return 0;
  } catch {
    throw new UserError(`There is no ${file} yet. Start the instance first: skiff up${nameFlag(options)}`);
  }
}
