/** `pods/portforward`. */
import { createWebSocketStream } from "ws";
import { systemClock } from "../../machinery/clock.ts";
import { pods } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { StreamDependencies } from "./command-connector.ts";
import type { Connector, ConnectRequest } from "./connector.ts";
import type { ForwardedPort } from "./forward-connection.ts";
import { requestedPorts, servePortForwardChannels, webSocketForwardProtocols } from "./port-forward-channels.ts";
import { servePortForwardSpdy } from "./port-forward-spdy.ts";
import { requireHost } from "./target-container.ts";
import { untilClosed } from "./until-closed.ts";
import {
  acceptSpdy,
  answerError,
  headerList,
  negotiate,
  refuseUpgrade,
  requestedUpgrade,
  upgradeRequired,
} from "./upgrade.ts";
import { acceptWebSocket } from "./websocket.ts";

const spdyProtocols = ["portforward.k8s.io"];
/** SPDY frames inside binary messages: KEP-4006. */
const tunnelProtocols = ["SPDY/3.1+portforward.k8s.io", "v2.portforward.k8s.io"];

type Agreed =
  | { way: "spdy"; protocol: string }
  | { way: "tunnel"; protocol: string }
  | { way: "channels"; protocol: string; ports: number[] };

export function portForwardConnector({ client, streams, clock = systemClock }: StreamDependencies): Connector {
  const portsOf = (request: ConnectRequest) => {
    const { namespace, name } = request;
    const pod = client.get(pods, { namespace, name });
    if (!pod) throw StatusError.notFound(pods, name);
    requireHost(pod);
    return (port: number, signal: AbortSignal): ForwardedPort => ({
      port,
      pod: { name, uid: pod.metadata.uid },
      connect: () => streams.portForward({ namespace, name }, port, signal),
    });
  };
  return {
    async handle(_request, response) {
      answerError(response, upgradeRequired());
    },
    async upgrade(request, socket, head) {
      untilClosed(socket);
      let forwardedPort: ReturnType<typeof portsOf>;
      let agreed: Agreed;
      try {
        agreed = agree(request);
        forwardedPort = portsOf(request);
      } catch (error) {
        return refuseUpgrade(socket, error);
      }
      if (agreed.way === "spdy") {
        acceptSpdy(socket, agreed.protocol);
        if (head.length > 0) socket.unshift(head);
        return await servePortForwardSpdy(socket, forwardedPort, clock);
      }
      const webSocket = await acceptWebSocket(request.raw, socket, head, agreed.protocol);
      if (!webSocket) return;
      if (agreed.way === "channels") {
        return await servePortForwardChannels(webSocket, agreed.protocol, agreed.ports, forwardedPort, clock);
      }
      await servePortForwardSpdy(createWebSocketStream(webSocket), forwardedPort, clock);
    },
  };
}

function agree({ raw, query }: ConnectRequest): Agreed {
  if (requestedUpgrade(raw) === "spdy") {
    return { way: "spdy", protocol: negotiate(headerList(raw, "x-stream-protocol-version"), spdyProtocols) };
  }
  const spoken = [...tunnelProtocols, ...webSocketForwardProtocols];
  const protocol = negotiate(headerList(raw, "sec-websocket-protocol"), spoken, "");
  if (tunnelProtocols.includes(protocol)) return { way: "tunnel", protocol };
  return { way: "channels", protocol, ports: requestedPorts(query) };
}
