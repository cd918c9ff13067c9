/**
 * Where this process finds the host's own files. In a container its `/` is the image's, and the host's is somewhere
 * below it: `SKIFF_HOST_ROOT` says where (docker-compose.yml mounts it at `/host`).
 */
import { readlink } from "node:fs/promises";
import { dirname } from "node:path";

/** As many as the kernel follows (path_resolution(7)). */
const mostLinks = 40;

/**
 * @param path absolute, as the host knows it. It need not exist.
 * @param root directory in which the host's `/` is seen; empty where that is this process' own.
 * @returns the path under which this process reaches the same file. Symbolic links lead to where they lead on the host.
 */
export async function onHost(path: string, root: string = process.env["SKIFF_HOST_ROOT"] ?? ""): Promise<string> {
  if (root === "") return path;
  const ahead = path.split("/");
  let links = 0;
  let reached = "";
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      reached = dirname(reached).replace(/^[/.]$/, "");
      continue;
    }
    const next = `${reached}/${name}`;
    const target = links < mostLinks ? await linkTarget(root + next) : undefined;
    if (target === undefined) {
      reached = next;
      continue;
    }
    links++;
    if (target.startsWith("/")) reached = "";
    ahead.unshift(...target.split("/"));
  }
  return `${root}${reached}`;
}

/** Undefined when it is no link, or is not there. */
function linkTarget(path: string): Promise<string | undefined> {
  return readlink(path).catch(() => undefined);
}
