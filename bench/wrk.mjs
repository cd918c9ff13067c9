// HTTP load by wrk, 32 connections.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const seconds = 3;

/** @returns requests per second, and p99 in ms. @throws when a connection fails. */
export function wrk(url, newConnections) {
  const header = newConnections ? ["-H", "Connection: close"] : [];
  const output = execFileSync("wrk", ["-t1", "-c32", `-d${seconds}s`, "--latency", ...header, url], {
    encoding: "utf8",
  });
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(output) ?? [];
  const errors = /Socket errors: connect (\d+), read (\d+)/.exec(output);
  // With `Connection: close` wrk counts each end of a connection as a read error, so only failed connects count.
  if (errors && Number(errors[1]) > 0) throw new Error(`${url}: ${errors[0]}`);
  return { rate, p99: Number(p99) * { us: 0.001, ms: 1, s: 1000 }[unit] };
}

/**
 * Clients that close first keep their ports for a minute, and there are 28,000: at a new connection per request a client of
 * any proxy would soon only wait for ports. Lets them be used again; returns what puts the switch back.
 */
export function reusePorts() {
  const file = "/proc/sys/net/ipv4/tcp_tw_reuse";
  const before = readFileSync(file, "utf8");
  writeFileSync(file, "1");
  return () => writeFileSync(file, before);
}
