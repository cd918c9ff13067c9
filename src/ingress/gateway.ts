/** What the exchanges share. */
import type { Backends } from "./backends.ts";
import type { Route } from "./routes.ts";

export interface LogEntry {
  address: string;
  user: string | undefined;
  method: string;
  target: string;
  protocol: string;
  status: number;
  bytes: number;
  referer: string | undefined;
  userAgent: string | undefined;
  host: string;
  milliseconds: number;
  /** Key of the Ingress or Service. */
  owner: string | undefined;
  upstream: string | undefined;
  requestId: string;
}

export interface Gateway {
  /** @param isLocal whether the client is on this host. */
  route(host: string, path: string, isLocal: boolean): Route | undefined;
  readonly backends: Backends;
  /** Where HTTPS is served. */
  readonly httpsPort: number;
  requestId(): string;
  now(): number;
  log(entry: LogEntry): void;
}
