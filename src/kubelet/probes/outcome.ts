/** What one attempt of a probe or hook found. */
export interface Outcome {
  result: "success" | "warning" | "failure";
  /** As it is quoted in the Event: the command's output, or the error in Go's words. */
  output: string;
  /** Nobody listens on the port: the process may not have come that far yet. */
  refused?: boolean;
  /** The host does not have the address that the connection was to come from. */
  addressGone?: boolean;
}

/** What a failed connection says besides words. */
export function causeOf({ code }: NodeJS.ErrnoException): Pick<Outcome, "refused" | "addressGone"> {
  return { refused: code === "ECONNREFUSED", addressGone: code === "EADDRNOTAVAIL" };
}

/** Node's error of a connection as Go prints it: `dial tcp 10.244.0.5:80: connect: connection refused`. */
export function dialError(error: NodeJS.ErrnoException, address: string, port: number): string {
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connect: connection refused",
    EHOSTUNREACH: "connect: no route to host",
    ENETUNREACH: "connect: network is unreachable",
    ETIMEDOUT: "i/o timeout",
  };
  const reason = words[error.code ?? ""] ?? error.message;
  return `dial tcp ${address}:${port}: ${reason}`;
}
