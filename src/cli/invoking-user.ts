/** Who called `sudo`: https://www.sudo.ws/docs/man/sudo.man/#ENVIRONMENT */

export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

/**
 * The user who became root by `sudo`; undefined where nobody did, or where `HOME` is neither root's nor that user's: then
 * somebody has said where files belong.
 * @param accounts text of `/etc/passwd` (passwd(5)).
 * @param uid of this process.
 */
export function invokingUser(environment: NodeJS.ProcessEnv, accounts: string, uid: number): User | undefined {
  const called = environment["SUDO_UID"] ?? "";
  if (uid !== 0 || !/^[1-9]\d*$/.test(called)) return undefined;
  const user = account(accounts, Number(called));
  if (!user?.home.startsWith("/")) return undefined;
  const homes = [undefined, user.home, account(accounts, 0)?.home];
  return homes.includes(environment["HOME"]) ? user : undefined;
}

function account(accounts: string, uid: number): User | undefined {
  for (const line of accounts.split("\n")) {
    const [name = "", , id, group, , home = ""] = line.split(":");
    if (id === String(uid)) return { name, uid, gid: Number(group), home };
  }
  return undefined;
}

/**
 * Does some work on files with that user's rights alone, so that what it makes is the user's, and no link of theirs leads
 * it to what is not.
 * @throws what the work throws; Error when this process may not become that user.
 */
export function asUser<T>({ uid, gid }: User, work: () => T): T {
  const { geteuid, getegid, getgroups, seteuid, setegid, setgroups } = process;
  if (!(geteuid && getegid && getgroups && seteuid && setegid && setgroups))
    throw new Error("users are not to be had here");
  const before = { uid: geteuid(), gid: getegid(), groups: getgroups() };
  if (before.uid === uid) return work();
  setgroups([gid]);
  setegid(gid);
  seteuid(uid);
  try {
    return work();
  } finally {
    seteuid(before.uid);
    setegid(before.gid);
    setgroups(before.groups);
  }
}
