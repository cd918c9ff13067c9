import { connect } from "node:net";
import { dialError, type Outcome } from "./outcome.ts";

/** Succeeds when the port accepts a connection. */
export function probeTcp(address: string, port: number, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
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
        refused: error.code === "ECONNREFUSED",
      }),
    );
  });
}
