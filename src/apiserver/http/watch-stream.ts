/**
 * Watches over HTTP: events as lines of JSON for as long as the client reads (chunked), or as messages of a WebSocket.
 * Rule: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import { randomInt } from "node:crypto";
import { StatusError } from "../../machinery/status-error.ts";
import type { HttpParts, ResourceExchange } from "./exchange.ts";
import { watchQuery } from "./list-options.ts";
import { representationOf } from "./show.ts";
import { includeObjectOf } from "./table.ts";
import { errorLine, watchEncoder } from "./watch-events.ts";

/** Where a watch's events go. */
export interface WatchSink {
  /** Called once, before anything else, when the watch was accepted. */
  open(contentType: string): void;
  write(line: Buffer): void;
  /** Bytes written that the client has not taken yet. */
  readonly pending: number;
  /** Ends in good order. */
  end(): void;
  /** Cuts the client off. */
  destroy(): void;
  /** Called when the client has gone. */
  onClose(listener: () => void): void;
}

/** What a client may fall behind by, besides the state it asked to be sent first. Then it is cut off, and begins anew. */
const pendingLimit = 8 * 1024 * 1024;

/** Kubernetes' default: between half an hour and an hour, so that clients do not all come back at once. */
const defaultTimeout = { from: 1800, to: 3600 };

/** Resolves when the watch has ended. @throws StatusError before anything was sent. */
export function streamWatch(parts: HttpParts, exchange: ResourceExchange): Promise<void> {
  const { response } = exchange;
  return runWatch(parts, exchange, {
    open(contentType) {
      response.writeHead(200, { "Cache-Control": "no-cache, private", "Content-Type": contentType });
      response.flushHeaders();
    },
    write: (line) => void response.write(line),
    get pending() {
      return response.writableLength;
    },
    end: () => void response.end(),
    destroy: () => void response.destroy(),
    onClose: (listener) => void response.on("close", listener),
  });
}

export function runWatch(parts: HttpParts, exchange: ResourceExchange, sink: WatchSink): Promise<void> {
  const { info, kind } = exchange;
  const as = representationOf(exchange);
  const { timeoutSeconds, ...query } = watchQuery(info.query, info.namespace, info.name);
  const encode = watchEncoder(kind, as, includeObjectOf(info.query), parts.now);

  const controller = new AbortController();
  let opened = false;
  let limit = Number.POSITIVE_INFINITY;
  return new Promise((resolve, reject) => {
    const open = (): void => {
      if (opened) return;
      opened = true;
      sink.open(as.as === "object" ? "application/json" : `application/json;as=${as.as};g=meta.k8s.io;v=${as.version}`);
    };
    const write = (line: Buffer): void => {
      sink.write(line);
      if (sink.pending <= limit) return;
      sink.destroy();
      controller.abort();
    };
    const seconds = timeoutSeconds ?? randomInt(defaultTimeout.from, defaultTimeout.to);
    const timer = setTimeout(() => controller.abort(), seconds * 1000).unref();
    const onEnd = (error?: Error): void => {
      clearTimeout(timer);
      parts.streams.delete(controller);
      if (error && !opened && !StatusError.is(error, "Expired")) return reject(error);
      open();
      if (error) sink.write(errorLine(error));
      sink.end();
      resolve();
    };
    parts.streams.add(controller);
    sink.onClose(() => controller.abort());
    try {
      parts.api.watch(
        kind,
        query,
        (event) => {
          open();
          write(encode(event));
        },
        onEnd,
        controller.signal,
      );
    } catch (error) {
      return onEnd(error instanceof Error ? error : new Error(String(error)));
    }
    if (!controller.signal.aborted && parts.streams.has(controller)) open();
    // What the client asked for at first does not count.
    limit = sink.pending + pendingLimit;
  });
}
