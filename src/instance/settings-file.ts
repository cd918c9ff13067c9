/** `settings.json` in the data directory: what the instance chose at its first start. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../machinery/daemon.ts";
import type { KeptSettings } from "./choose-settings.ts";

/** @throws UserError when the file is there and cannot be read. */
export function readSettings(file: string): KeptSettings | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as KeptSettings;
  } catch {
    throw new UserError(
      `${file} is damaged (it is no JSON). Mend it, or remove the instance with "skiff reset" and begin anew`,
    );
  }
}

/** Written beside and moved into place, so that a crash leaves the old file or the new one. */
export function writeSettings(file: string, settings: KeptSettings): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.new`;
  const descriptor = openSync(temporary, "w", 0o600);
  writeSync(descriptor, `${JSON.stringify(settings, null, 2)}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(temporary, file);
}
