/** What exec and attach need of a connection, whatever protocol it speaks. */
import type { Readable, Writable } from "node:stream";
import type { Status } from "../../machinery/status-error.ts";

export interface TerminalSize {
  columns: number;
  rows: number;
}

/** Which channels a request asks for. */
export interface WantedChannels {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

export interface CommandChannels {
  /** From the client; ends when it half-closes. */
  stdin?: Readable;
  stdout?: Writable;
  stderr?: Writable;
  /** Tells each size of the client's terminal, those that came before included. */
  onResize(handler: (size: TerminalSize) => void): void;
  /** Aborted when the client has gone. */
  closed: AbortSignal;
  /** Says how the command ended, sees everything delivered and closes the connection. */
  finish(outcome: Status | SuccessStatus): Promise<void>;
}

/** `Status` of a command that ended well, as the kubelet sends it. */
export interface SuccessStatus {
  metadata: Record<string, never>;
  status: "Success";
}

/**
 * A resize message: `{"Width":80,"Height":24}`. Undefined for anything else, and for a size of nothing, which kubectl sends when
 * its own terminal is not known.
 */
export function parseTerminalSize(text: string): TerminalSize | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  // Go's decoder matches the names of fields without regard to case.
  const fields = new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field as unknown]));
  const columns = fields.get("width");
  const rows = fields.get("height");
  if (!isSize(columns) || !isSize(rows)) return undefined;
  return { columns, rows };
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 0xffff;
}

/** Text of an outcome for the protocols before v4, which send one only for a failure. */
export function outcomeText(outcome: Status | SuccessStatus): string {
  return outcome.status === "Success" ? "" : (outcome.message ?? "");
}
