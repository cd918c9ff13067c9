/** HTTP to the daemon over the instance's unix socket, which needs no token. */
import { request } from "node:http";
import { UserError } from "../machinery/daemon.ts";

const whoMay = "only root and the user who started the instance may. Try again as one of them, as with sudo";

export interface Answer {
  status: number;
  body: string;
}

/**
 * @returns undefined when no daemon listens on the socket.
 * @throws on any other failure of the connection.
 */
export function ask(
  socket: string,
  method: string,
  path: string,
  body?: { type: string; text: string },
): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath: socket, method, path, headers: body ? { "content-type": body.type } : {} },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
        );
      },
    );
    sent.on("error", (error: NodeJS.ErrnoException) => {
      // ENOTDIR: what is called the data directory is none.
      if (["ENOENT", "ENOTDIR", "ECONNREFUSED"].includes(error.code ?? "")) resolve(undefined);
      else if (error.code === "EACCES") reject(new UserError(`Your user may not use ${socket}: ${whoMay}`));
      else reject(error);
    });
    sent.end(body?.text);
  });
}
