/** Finds out whether the API server's port can be had, and who has it if not. */

import { createSocket } from "node:dgram";
import { request } from "node:https";
import { createServer } from "node:net";
import { UserError } from "../machinery/daemon.ts";

export function isFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A loopback address that nobody has a reason to bind: only a listener on every address is in the way there. */
const unusedLoopback = "127.83.75.70";

/** Whether port 53 can be bound, both UDP and TCP, on an address that nobody else uses. */
export async function isDnsPortFree(): Promise<boolean> {
  return (await isFree(53, unusedLoopback)) && (await isUdpFree(53, unusedLoopback));
}

/** Whether no program of this host has the port at the address. */
export function isPortFree(protocol: "tcp" | "udp", address: string, port: number): Promise<boolean> {
  return protocol === "tcp" ? isFree(port, address) : isUdpFree(port, address);
}

function isUdpFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.once("error", () => resolve(false));
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

/** True when the port answers as the API server of a Skiff instance. */
function isSkiff(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // Only the version is asked for and nothing is sent, so whose certificate it is does not matter.
    const asked = request(
      { host: "127.0.0.1", port, path: "/version", rejectUnauthorized: false, timeout: 1000 },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => {
          body += chunk.toString("utf8");
        });
        response.on("end", () => resolve(body.includes("skiff")));
      },
    );
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

/**
 * The port for the API server. A port that was asked for, or that a stranger holds, is not replaced in silence; one
 * that another instance of Skiff holds makes way for the next free one.
 * @throws UserError when the port is busy.
 */
export async function choosePort(wanted: number, given: boolean): Promise<number> {
  if (await isFree(wanted)) return wanted;
  if (!given && (await isSkiff(wanted))) {
    for (let port = wanted + 1; port < wanted + 100; port++) if (await isFree(port)) return port;
  }
  throw new UserError(
    `Port ${wanted} on 127.0.0.1 is in use by another program (see: ss -ltnp 'sport = :${wanted}'). Stop it, or choose another port, such as --port ${wanted + 1}`,
  );
}
