/** `pods/log`: plain text, as it comes. */
import { pipeline } from "node:stream/promises";
import { pods } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { StreamDependencies } from "./command-connector.ts";
import type { Connector } from "./connector.ts";
import { parseLogOptions } from "./log-options.ts";
import { targetContainer } from "./target-container.ts";
import { answerError } from "./upgrade.ts";

export function logConnector({ client, streams }: StreamDependencies): Connector {
  return {
    async handle({ namespace, name, query }, response) {
      const leaving = new AbortController();
      response.once("close", () => leaving.abort());
      let log: Awaited<ReturnType<typeof streams.logs>>;
      try {
        const pod = client.get(pods, { namespace, name });
        if (!pod) throw StatusError.notFound(pods, name);
        const options = parseLogOptions(query, name);
        const container = targetContainer(pod, query.get("container"));
        // A Pod that no node has taken has said nothing yet: that is an empty log, not an error.
        if (!pod.spec?.nodeName) return void response.writeHead(200, { "content-type": "text/plain" }).end();
        log = await streams.logs({ namespace, name }, { container, ...options }, leaving.signal);
      } catch (error) {
        return answerError(response, error);
      }
      response.writeHead(200, { "content-type": "text/plain" });
      // A client that follows a silent container learns at once that it is being served.
      response.flushHeaders();
      // Whether the client went away or the log broke off, closing the response is all the protocol can say.
      await pipeline(log, response).catch(() => response.destroy());
    },
  };
}
