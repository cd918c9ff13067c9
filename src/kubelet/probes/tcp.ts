import { connect } from "node:net";
import { causeOf, dialError, type Outcome } from "./outcome.ts";

/**
 * Succeeds when the port accepts a connection.
 * @param from address of this host that the connection comes from; undefined: as the routes say.
 */
export function probeTcp(address: string, port: number, timeoutMs: number, from?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, ...(from !== undefined && { localAddress: from }) });
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(
      () => finish({ result: "failure", output: `dial tcp ${address}:${port}: i/o timeout` }),
      timeoutMs,
    );
    socket.on("connect", () => finish({ result: "success", output: "" }));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      finish({
        result: "failure",
        output: dialError(error, address, port),
        ...causeOf(error),
      }),
    );
  });
}
