/** gRPC health checks over HTTP/2. Rule: https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
import { connect, constants } from "node:http2";
import { connect as dial } from "node:net";
import { causeOf, type Outcome } from "./outcome.ts";

const servingStatus = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/** `HealthCheckRequest{service}` in a gRPC frame: no compression, length, field 1 of type bytes. */
function requestFrame(service: string): Buffer {
  const name = Buffer.from(service, "utf8");
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** The one field of `HealthCheckResponse`, an enum; absent means 0. */
function statusOf(body: Buffer): string {
  const message = body.subarray(5);
  return servingStatus[message[0] === 0x08 ? (message[1] ?? 0) : 0] ?? "UNKNOWN";
}

/**
 * Succeeds when the service answers SERVING.
 * @param from address of this host that the connection comes from; undefined: as the routes say.
 */
export function probeGrpc(
  address: string,
  port: number,
  service: string,
  timeoutMs: number,
  from?: string,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const session = connect(`http://${address}:${port}`, {
      createConnection: () => dial({ host: address, port, ...(from !== undefined && { localAddress: from }) }),
    });
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      session.destroy();
      resolve(outcome);
    };
    const unreachable = `timeout: failed to connect service "${address}:${port}" within ${timeoutMs / 1000}s: context deadline exceeded`;
    const timer = setTimeout(() => finish({ result: "failure", output: unreachable }), timeoutMs);
    session.on("error", (error: NodeJS.ErrnoException) =>
      finish({ result: "failure", output: unreachable, ...causeOf(error) }),
    );
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      te: "trailers",
    });
    const chunks: Buffer[] = [];
    let code = "";
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("response", (headers) => (code = String(headers["grpc-status"] ?? code)));
    stream.on("trailers", (headers) => (code = String(headers["grpc-status"] ?? code)));
    stream.on("error", () => finish({ result: "failure", output: unreachable }));
    stream.on("end", () => {
      if (code === "12") {
        const output = "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)";
        return finish({ result: "failure", output });
      }
      const status = code === "0" ? statusOf(Buffer.concat(chunks)) : "UNKNOWN";
      if (status === "SERVING") return finish({ result: "success", output: "" });
      finish({ result: "failure", output: `service unhealthy (responded with "${status}")` });
    });
    stream.end(requestFrame(service));
  });
}
