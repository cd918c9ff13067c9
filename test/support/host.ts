/** Things on the host that are none of Skiff's business; each is gone at the end of its block. */
import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:net";
import { run } from "./skiff.ts";

/** Standard output of a program. @throws when it fails. */
export async function exec(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, all } = await run(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${all}`);
  return stdout.trim();
}

export async function listen(port: number, address = "127.0.0.1"): Promise<AsyncDisposable> {
  const server = await new Promise<Server>((resolve, reject) => {
    const created = createServer().once("error", reject);
    created.listen(port, address, () => resolve(created));
  });
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

export async function dockerNetwork(): Promise<AsyncDisposable & { name: string }> {
  const name = `strange-${randomUUID()}`;
  await exec("docker", "network", "create", "--subnet", "10.213.7.0/24", name);
  return { name, [Symbol.asyncDispose]: async () => void (await exec("docker", "network", "rm", name)) };
}

export async function route(cidr: string, type = "unicast"): Promise<AsyncDisposable> {
  await exec("ip", "route", "add", type, cidr, "dev", "lo");
  // Skiff may have taken it for its own.
  return { [Symbol.asyncDispose]: async () => void (await run("ip", ["route", "del", type, cidr, "dev", "lo"])) };
}

/** A container with a volume that is none of Skiff's business. */
export async function strangeContainer(): Promise<AsyncDisposable & { name: string }> {
  const name = `strange-${randomUUID()}`;
  await exec("docker", "run", "-d", "--name", name, "-v", `${name}:/data`, "busybox:1.36", "sleep", "9000");
  return {
    name,
    async [Symbol.asyncDispose]() {
      await exec("docker", "rm", "-f", name);
      await exec("docker", "volume", "rm", name);
    },
  };
}
