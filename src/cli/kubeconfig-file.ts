/** The user's kubeconfig files: read, changed, and written back so that a crash leaves the old or the new one, whole. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { asUser, invokingUser, type User } from "./invoking-user.ts";

export interface KubeconfigPlace {
  file: string;
  /** Whose file it is, where it is not this process's own user's. */
  user?: User;
}

/**
 * The files that are to name the instance, the one that `kubectl config` would change first: the first of `$KUBECONFIG`,
 * else `~/.kube/config`. After `sudo` that is root's; who called it asks with a kubectl of their own, so theirs comes next.
 * @param accounts reads `/etc/passwd`.
 */
export function kubeconfigPlaces(
  environment: NodeJS.ProcessEnv = process.env,
  uid = process.geteuid?.() ?? -1,
  accounts = () => readFileSync("/etc/passwd", "utf8"),
): KubeconfigPlace[] {
  const first = environment["KUBECONFIG"]?.split(delimiter).find((path) => path !== "");
  if (first) return [{ file: first }];
  const own = join(environment["HOME"] ?? homedir(), ".kube", "config");
  const user = environment["SUDO_UID"] ? invokingUser(environment, accounts(), uid) : undefined;
  if (!user) return [{ file: own }];
  const theirs = { file: join(user.home, ".kube", "config"), user };
  return theirs.file === own ? [theirs] : [{ file: own }, theirs];
}

/**
 * Changes every one of them. What cannot be done as somebody else is told of, with the remedy, and does not matter further.
 * @throws Error naming this user's own file when it is not a kubeconfig or cannot be written; the file is then untouched.
 */
export function changeKubeconfigs(places: readonly KubeconfigPlace[], change: (text: string) => string): string[] {
  const troubles: string[] = [];
  for (const { file, user } of places) {
    if (!user) {
      changeKubeconfig(file, change);
      continue;
    }
    try {
      asUser(user, () => changeKubeconfig(file, change));
    } catch (error) {
      troubles.push(`${file} of ${user.name} was left as it is: ${(error as Error).message}`);
    }
  }
  return troubles;
}

/** @throws Error naming the file when it is not a kubeconfig or cannot be written; the file is then untouched. */
export function changeKubeconfig(path: string, change: (text: string) => string): void {
  let file = path;
  let present = "";
  let mode = 0o600;
  let owner: { uid: number; gid: number } | undefined;
  try {
    // Where it is a link, what it leads to is replaced.
    file = realpathSync(path);
    present = readFileSync(file, "utf8");
    const { uid, gid, mode: bits } = statSync(file);
    owner = { uid, gid };
    mode = bits & 0o777;
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
  // Root takes nobody's file away.
  if (owner && process.geteuid?.() === 0) chownSync(temporary, owner.uid, owner.gid);
  renameSync(temporary, file);
}
