/** Every kubectl on this machine: the one of the development dependencies, and those beside the one on the PATH. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { bundledClient } from "../../scripts/kubectl.mjs";

export interface Kubectl {
  /** `1.33` */
  version: string;
  path: string;
}

/** One for each minor version, the oldest first. */
export function findKubectls(): Kubectl[] {
  const bundled = bundledClient("kubectl");
  const directories = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((place) => existsSync(join(place, "kubectl")));
  // Distributions lay several versions side by side as kubectl.1.27, kubectl.1.28 and so on, behind links.
  const places = directories.map((place) => dirname(realpathSync(join(place, "kubectl"))));
  const beside = [...new Set(places)].flatMap((place) =>
    readdirSync(place)
      .filter((name) => /^kubectl(\.\d+\.\d+)?$/.test(name))
      .map((name) => join(place, name)),
  );
  const found = new Map<string, Kubectl>();
  for (const path of [...(bundled ? [bundled] : []), ...beside]) {
    const version = versionOf(path);
    if (version && !found.has(version)) found.set(version, { version, path });
  }
  return [...found.values()].sort((a, b) => minor(a) - minor(b));
}

function minor({ version }: Kubectl): number {
  return Number(version.split(".")[1]);
}

/** Undefined when it does not run here, as a script for another machine. */
function versionOf(path: string): string | undefined {
  try {
    const text = execFileSync(path, ["version", "--client", "-o", "json"], { encoding: "utf8", stdio: "pipe" });
    return /"gitVersion": "v(\d+\.\d+)\./.exec(text)?.[1];
  } catch {
    return undefined;
  }
}
