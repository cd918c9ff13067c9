/** Port for what the API server lets a client do inside a running Pod: logs, exec, attach, port-forward. */
import type { Duplex, Readable, Writable } from "node:stream";

export interface LogOptions {
  container: string;
  follow?: boolean;
  /** Of the instance before the last restart. */
  previous?: boolean;
  timestamps?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  /** RFC 3339. */
  sinceTime?: string;
  limitBytes?: number;
}

export interface StreamOptions {
  container: string;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

export interface ExecOptions extends StreamOptions {
  command: string[];
}

/** A process in a container with its streams. With a tty there is no stderr. */
export interface ExecSession {
  stdin?: Writable;
  stdout?: Readable;
  stderr?: Readable;
  resize(columns: number, rows: number): Promise<void>;
  /** Resolves with the exit code when the process has ended (for attach: when the stream has). */
  exit: Promise<number>;
  /** Ends the session from our side; the process gets what a closed connection gives it. */
  close(): void;
}

/** All throw StatusError: NotFound, BadRequest (`container x is not valid for pod y`, `container "c" in pod "p" is waiting to start: ContainerCreating`). */
export interface PodStreams {
  logs(pod: { namespace: string; name: string }, options: LogOptions, signal: AbortSignal): Promise<Readable>;
  exec(pod: { namespace: string; name: string }, options: ExecOptions, signal: AbortSignal): Promise<ExecSession>;
  attach(pod: { namespace: string; name: string }, options: StreamOptions, signal: AbortSignal): Promise<ExecSession>;
  /** A connection to `localhost:port` inside the Pod's network namespace. */
  portForward(pod: { namespace: string; name: string }, port: number, signal: AbortSignal): Promise<Duplex>;
}
