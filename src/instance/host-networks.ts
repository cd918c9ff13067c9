/** What address ranges the host uses already: its routes. */
import { execFile } from "node:child_process";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import type { TakenRange } from "./choose-settings.ts";

const run = promisify(execFile);

interface Route {
  dst: string;
  dev?: string;
  gateway?: string;
}

/** Routes of the main table and `local` ranges wider than one address, except those of the given interfaces. */
export async function routes(): Promise<(TakenRange & { dev: string })[]> {
  const taken: (TakenRange & { dev: string })[] = [];
  for (const table of ["main", "local"]) {
    const { stdout } = await run("ip", ["-4", "-j", "route", "show", "table", table]);
    for (const route of JSON.parse(stdout || "[]") as Route[]) {
      if (route.dst === "default" || (table === "local" && !route.dst.includes("/")) || route.dst.startsWith("127."))
        continue;
      const dev = route.dev ?? "";
      taken.push({
        cidr: route.dst.includes("/") ? route.dst : `${route.dst}/32`,
        by: `a route of this host (dev ${dev})`,
        dev,
      });
    }
  }
  return taken;
}

/** The host's own IPv4 address for its node object: that of the default route's interface, else any, else loopback. */
export async function hostAddress(): Promise<string> {
  const interfaces = networkInterfaces();
  const { stdout } = await run("ip", ["-4", "-j", "route", "show", "default"]).catch(() => ({ stdout: "[]" }));
  const device = (JSON.parse(stdout || "[]") as Route[])[0]?.dev;
  const all = Object.entries(interfaces).flatMap(([name, addresses]) =>
    (addresses ?? [])
      .filter(({ family, internal }) => family === "IPv4" && !internal)
      .map(({ address }) => ({ name, address })),
  );
  return (all.find(({ name }) => name === device) ?? all[0])?.address ?? "127.0.0.1";
}

/** Every IPv4 address of the host. */
export function hostAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family }) => family === "IPv4")
    .map(({ address }) => address);
}
