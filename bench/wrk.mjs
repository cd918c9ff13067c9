// HTTP load by wrk, 32 connections.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { median } from "./measure.mjs";

const rounds = 15;

/** One second of load. @throws when a connection fails, or an answer is an error. */
function load(url, headers) {
  const output = execFileSync(
    "wrk",
    ["-t1", "-c32", "-d1s", "--latency", ...headers.flatMap((each) => ["-H", each]), url],
    {
      encoding: "utf8",
    },
  );
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(output) ?? [];
  const errors = /Socket errors: connect (\d+), read (\d+)/.exec(output);
  // With `Connection: close` wrk counts each end of a connection as a read error, so only failed connects count.
  if (errors && Number(errors[1]) > 0) throw new Error(`${url}: ${errors[0]}`);
  if (/Non-2xx/.test(output)) throw new Error(`${url}: ${output}`);
  return { rate, p99: Number(p99) * { us: 0.001, ms: 1, s: 1000 }[unit] };
}

/**
 * The load on each URL, second by second in turns: how busy the machine is meanwhile cancels out.
 * @returns for each URL the medians of requests per second (`rate`), and of p99 in ms.
 */
export function loadInTurns(urls, { newConnections, host }) {
  const headers = [...(host ? [`Host: ${host}`] : []), ...(newConnections ? ["Connection: close"] : [])];
  const results = urls.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [n, url] of urls.entries()) results[n].push(load(url, headers));
  }
  const medianOf = (those, key) => median(those.map((each) => each[key]));
  return results.map((those) => ({ rate: medianOf(those, "rate"), p99: medianOf(those, "p99") }));
}

/** Rows of a table for `rate` and `p99` of one load beside another. @param bar of the rate's ratio; optional. */
export function rowsOf(what, ours, theirs, baselineIs, bar) {
  const row = (figure, key, unit) => {
    const [value, baseline] = [ours[key], theirs[key]];
    return { figure, value, unit, baseline, baselineIs, ratio: value / baseline };
  };
  const rate = row(what, "rate", "req/s");
  return [
    bar === undefined ? rate : { ...rate, bar: `≥ ${bar}`, holds: rate.ratio >= bar },
    row(`${what}, p99`, "p99", "ms"),
  ];
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
