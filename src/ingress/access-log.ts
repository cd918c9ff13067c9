/**
 * The access log: a line per request in nginx' combined form, with host, time taken, Ingress and endpoint behind it. Lines are
 * gathered and written together, in the background; what the disk does not take in time is dropped, and counted.
 */
import { appendFile, rename, stat } from "node:fs/promises";
import type { Clock } from "../machinery/clock.ts";
import type { LogEntry } from "./gateway.ts";

const flushMs = 1_000;
const mostWaiting = 1 << 20;
const largestFile = 10 << 20;

export class AccessLog {
  readonly #file: string;
  readonly #clock: Clock;
  #waiting: string[] = [];
  #waitingLength = 0;
  #dropped = 0;
  #size: number | undefined;
  #timer: Disposable | undefined;
  #writing: Promise<void> | undefined;
  #second = -1;
  #time = "";

  /** @param file renamed to `<file>.1` when it is full. */
  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  write(entry: LogEntry): void {
    if (this.#waitingLength > mostWaiting) {
      this.#dropped++;
      return;
    }
    const line = formatLine(entry, this.#timeText());
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    this.#timer ??= this.#clock.after(flushMs, () => void this.flush());
  }

  /** Never rejects: requests are served whether or not there is room to tell of them. */
  async flush(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    await this.#writing;
    if (this.#waiting.length === 0) return;
    const dropped = this.#dropped > 0 ? `# ${this.#dropped} lines dropped\n` : "";
    const text = this.#waiting.join("") + dropped;
    this.#waiting = [];
    this.#waitingLength = 0;
    this.#dropped = 0;
    this.#writing = this.#append(text).catch(() => {});
    await this.#writing;
    this.#writing = undefined;
  }

  async #append(text: string): Promise<void> {
    this.#size ??= await stat(this.#file).then(
      ({ size }) => size,
      () => 0,
    );
    if (this.#size > largestFile) {
      await rename(this.#file, `${this.#file}.1`);
      this.#size = 0;
    }
    await appendFile(this.#file, text, { mode: 0o600 });
    this.#size += Buffer.byteLength(text);
  }

  #timeText(): string {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#time = timeText(second * 1000);
    }
    return this.#time;
  }
}

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `21/Nov/2026:18:00:00 +0000` */
function timeText(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}:${date.toISOString().slice(11, 19)} +0000`;
}

const unsafe = /["\\]|[^\x20-\x7e]/;
const everyUnsafe = new RegExp(unsafe, "g");

/** As nginx: what a client sends can neither end a field nor speak to the terminal of whoever reads it. */
function quoted(text: string | undefined): string {
  if (text === undefined) return "-";
  if (!unsafe.test(text)) return text;
  return text.replaceAll(everyUnsafe, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}

/** @param time as in {@link timeText}. */
export function formatLine(entry: LogEntry, time: string): string {
  const { address, user, method, target, protocol, status, bytes, referer, userAgent } = entry;
  return `${address} - ${quoted(user)} [${time}] "${method} ${quoted(target)} ${protocol}" ${status} ${bytes} "${quoted(referer)}" "${quoted(userAgent)}" ${entry.host || "-"} ${(entry.milliseconds / 1000).toFixed(3)} [${entry.owner ?? ""}] ${entry.upstream ?? "-"} ${entry.requestId}\n`;
}
