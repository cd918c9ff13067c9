/**
 * One start at a time on this host: an instance looks for free ranges and ports, and others see what it took only once
 * its network is there and its port is bound.
 *
 * The lock is a name in the kernel's table of abstract unix sockets (unix(7)). That table belongs to a network namespace,
 * as routes and ports do, and whatever becomes of the holder, its name is free again.
 */
import { createServer, type Server } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { UserError } from "../machinery/daemon.ts";

const retryMs = 20;
/** Longest that a sound start keeps the lock, and then some. */
const longestWaitMs = 60_000;

/**
 * Takes the lock when it is free; disposing gives it back.
 * @throws UserError when another start holds it for a minute.
 */
export async function takeHostLock(name = "skiff-start"): Promise<Disposable> {
  const deadline = Date.now() + longestWaitMs;
  for (;;) {
    const server = await bind(`\0${name}`);
    if (server) return { [Symbol.dispose]: () => void server.close() };
    if (Date.now() > deadline) {
      throw new UserError("Another instance of Skiff has been starting for a minute. See to it first: skiff status");
    }
    await wait(retryMs);
  }
}

/** @returns undefined when the name is taken. */
function bind(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen({ path }, () => {
      server.unref();
      resolve(server);
    });
  });
}
