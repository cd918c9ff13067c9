/** Whether containers of this host can speak SCTP. */
import { readFile } from "node:fs/promises";
import { CommandError, runCommand } from "../machinery/run-command.ts";

/** Looks among the kernel's protocols, and has the module loaded where it is one and not there yet. */
export async function hasSctp(): Promise<boolean> {
  if (namesSctp(await protocols())) return true;
  try {
    await runCommand("modprobe", ["sctp"]);
  } catch (error) {
    // Not installed, not allowed, or no such module: the kernel's word is the one that counts.
    if (!(error instanceof CommandError)) throw error;
  }
  return namesSctp(await protocols());
}

/** @param table as `/proc/net/protocols` has it: a line for each, with its name first. */
export function namesSctp(table: string): boolean {
  return /^SCTP\s/m.test(table);
}

function protocols(): Promise<string> {
  return readFile("/proc/net/protocols", "utf8");
}
