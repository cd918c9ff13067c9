/**
 * A base image for Skiff's own Dockerfile that needs neither a registry nor a network: this machine's Node.js and network
 * programs, and the packages installed here.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { copyPackages, productionPackages } from "../../scripts/production-packages.mjs";
import { buildImage, busyboxRoot, copyWithLibraries } from "../../scripts/test-images.mjs";
import { run } from "./skiff.ts";

/** What the build uses besides the packages that Skiff runs with. */
const buildPackages = ["esbuild", "@esbuild", "kubernetes-types", "typescript"].map((name) => `node_modules/${name}`);

const programs = ["node", "nft", "conntrack", "ip", "iptables-nft"];

/** Marks every image that descends from a base, unnamed ones of the build's steps included. */
const label = "skiff.dev/test-base";

export interface BaseImage extends AsyncDisposable {
  tag: string;
}

/** @param name of the test: tells its images from those of others. Disposing removes all that were made from it. */
export async function makeBaseImage(name: string): Promise<BaseImage> {
  const root = busyboxRoot();
  for (const program of programs) await addProgram(root, program);
  symlinkSync("iptables-nft", join(root, "usr/sbin/iptables"));
  addIptablesModules(root);
  for (const folder of ["usr/bin", "usr/local/bin"]) mkdirSync(join(root, folder), { recursive: true });
  symlinkSync("/bin/busybox", join(root, "usr/bin/env"));
  // Where the Dockerfile looks for packages before it fetches them.
  copyPackages([...productionPackages(), ...buildPackages], join(root, "build"));
  const tag = `skiff-base-${name}`;
  buildImage(
    root,
    [tag],
    [`LABEL ${label}=${name}`, "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/bin"],
  );
  return {
    tag,
    async [Symbol.asyncDispose]() {
      await run("docker", ["rmi", tag]);
      // A build that failed leaves the container of its last step.
      for (const kind of ["container", "image"])
        await run("docker", [kind, "prune", "-f", "--filter", `label=${label}=${name}`]);
    },
  };
}

async function addProgram(root: string, name: string): Promise<void> {
  const file = realpathSync(await find(name));
  copyWithLibraries(file, root);
  mkdirSync(join(root, "usr/sbin"), { recursive: true });
  const link = join(root, "usr/sbin", name);
  if (!existsSync(link)) symlinkSync(file, link);
}

async function find(name: string): Promise<string> {
  const path = `${process.env["PATH"]}:/usr/sbin:/sbin`;
  const { stdout } = await run("sh", ["-c", `command -v ${name}`], { env: { ...process.env, PATH: path } });
  if (stdout === "") throw new Error(`${name} is not installed here`);
  return stdout.trim();
}

/** Matches and targets, which iptables loads when a rule names them. */
function addIptablesModules(root: string): void {
  for (const folder of readdirSync("/usr/lib")) {
    const modules = join("/usr/lib", folder, "xtables");
    if (existsSync(modules)) cpSync(modules, join(root, modules), { recursive: true });
  }
}
