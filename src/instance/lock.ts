/**
 * At most one daemon per data directory: `skiff.pid` holds the process' number and the tick it started at, which
 * together name a process even after numbers have come round (proc(5), field 22 of /proc/<pid>/stat).
 */
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { AlreadyRunningError, UserError } from "../machinery/daemon.ts";

interface Holder {
  pid: number;
  startTicks: string;
}

/** Undefined when no such process lives. One that has ended and only waits for its parent to notice holds nothing. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold blanks and parentheses; the fields are counted behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** The process that holds the lock and lives; undefined where there is none. */
export function lockHolder(file: string): number | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, "utf8")) as Holder;
    return startTicks(holder.pid) === holder.startTicks ? holder.pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes the lock; disposing gives it back. A lock left by a process that is gone is taken over.
 * @throws UserError when another process holds it.
 */
export function takeLock(file: string): Disposable {
  const own: Holder = { pid: process.pid, startTicks: startTicks(process.pid) ?? "" };
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(own), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        // A link is made whole or not at all, and not over one that is there.
        linkSync(temporary, file);
        return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        const holder = lockHolder(file);
        if (holder !== undefined) throw new AlreadyRunningError(`This instance is running already (pid ${holder})`);
        rmSync(file, { force: true });
      }
    }
    throw new UserError(`${file} cannot be taken: another skiff is starting at this moment. Try again`);
  } finally {
    rmSync(temporary, { force: true });
  }
}
