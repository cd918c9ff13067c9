/** The user's kubeconfig file: read, changed, and written back so that a crash leaves the old or the new one, whole. */
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** The file `kubectl config` would change: the first of `$KUBECONFIG`, else `~/.kube/config`. */
export function userKubeconfig(environment: NodeJS.ProcessEnv = process.env): string {
  const first = environment["KUBECONFIG"]?.split(delimiter).find((path) => path !== "");
  return first ?? join(homedir(), ".kube", "config");
}

/** @throws Error naming the file when it is not a kubeconfig or cannot be written; the file is then untouched. */
export function changeKubeconfig(file: string, change: (text: string) => string): void {
  let present = "";
  let mode = 0o600;
  try {
    present = readFileSync(file, "utf8");
    mode = statSync(file).mode & 0o777;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  let text: string;
  try {
    text = change(present);
  } catch (error) {
    throw new Error(`${file} is not a kubeconfig and was left as it is: ${(error as Error).message}`, { cause: error });
  }
  if (text === present) return;
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.skiff-${process.pid}`;
  writeFileSync(temporary, text, { mode });
  chmodSync(temporary, mode);
  renameSync(temporary, file);
}
