/** Calls of Services as their users make them: plain HTTP, a new connection each time. */
import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

/**
 * Body of the answer. @throws on a failed connection, a status that is no success, or when nothing comes in time.
 * @param agent keeps connections; without one each call makes its own.
 */
export function get(url: string, timeoutMs = 5_000, agent: Agent | false = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${url} answered ${response.statusCode}: ${body}`));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`${url} did not answer within ${timeoutMs} ms`)));
    asked.on("error", reject);
    asked.end();
  });
}

/** Steady load on a URL until it is stopped. */
export class Load {
  readonly #url: string;
  readonly #workers: Promise<void>[];
  readonly failures: string[] = [];
  answered = 0;
  #stopped = false;

  /**
   * @param pauseMs between two calls of one client: load enough to notice a gap, and little enough to leave others room.
   * @param keepAlive each client keeps its connection for as long as the server lets it.
   */
  constructor(url: string, { clients = 4, pauseMs = 5, keepAlive = false } = {}) {
    this.#url = url;
    this.#workers = Array.from({ length: clients }, () => {
      return this.#client(pauseMs, keepAlive && new Agent({ keepAlive: true, maxSockets: 1 }));
    });
  }

  async #client(pauseMs: number, agent: Agent | false): Promise<void> {
    while (!this.#stopped) {
      try {
        await get(this.#url, undefined, agent);
        this.answered++;
      } catch (error) {
        this.failures.push(`${new Date().toISOString()} ${String(error)}`);
      }
      await wait(pauseMs);
    }
    if (agent) agent.destroy();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
  }
}
