/** `pods/exec` and `pods/attach`. */
import type { Duplex } from "node:stream";
import type { Client } from "../../machinery/client.ts";
import { type Clock, systemClock } from "../../machinery/clock.ts";
import type { ExecSession, PodStreams, StreamOptions } from "../../machinery/pod-streams.ts";
import { pods } from "../../machinery/resource.ts";
import { StatusError } from "../../machinery/status-error.ts";
import type { CommandChannels } from "./command-channels.ts";
import type { Connector, ConnectRequest } from "./connector.ts";
import { booleanParameter } from "./query.ts";
import { attachOutcome, exitCodeOutcome, type OutcomeOf, runRemoteCommand } from "./remote-command.ts";
import { openSpdyChannels, spdyCommandProtocols } from "./spdy-channels.ts";
import { requireHost, targetContainer } from "./target-container.ts";
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
import { openWebSocketChannels, webSocketCommandProtocols } from "./websocket-channels.ts";

export interface StreamDependencies {
  client: Pick<Client, "get">;
  streams: PodStreams;
  clock?: Clock;
}

/** Starts what the request asks for; the one thing in which exec and attach differ. */
type Start = (request: ConnectRequest, options: StreamOptions, signal: AbortSignal) => Promise<ExecSession>;

export function execConnector({ client, streams, clock }: StreamDependencies): Connector {
  const start: Start = (request, options, signal) => {
    const command = request.query.getAll("command");
    if (command.length === 0) throw StatusError.badRequest("you must specify at least one command for the container");
    return streams.exec(request, { ...options, command }, signal);
  };
  return commandConnector(client, start, (request) => exitCodeOutcome(request.query.getAll("command")), clock);
}

export function attachConnector({ client, streams, clock }: StreamDependencies): Connector {
  const start: Start = (request, options, signal) => streams.attach(request, options, signal);
  return commandConnector(client, start, () => attachOutcome, clock);
}

function commandConnector(
  client: Pick<Client, "get">,
  start: Start,
  outcomeFor: (request: ConnectRequest) => OutcomeOf,
  clock: Clock = systemClock,
): Connector {
  return {
    async handle(_request, response) {
      answerError(response, upgradeRequired());
    },
    async upgrade(request, socket, head) {
      const signal = untilClosed(socket);
      let session: ExecSession | undefined;
      let options: StreamOptions;
      let protocol: string;
      try {
        protocol = commandProtocol(request);
        options = streamOptions(client, request);
        // Started before the connection is upgraded, so that what prevents it is answered as a plain `Status`.
        session = await start(request, options, signal);
      } catch (error) {
        return refuseUpgrade(socket, error);
      }
      const channels = await openChannels(request, socket, head, { protocol, options, clock });
      if (channels) await runRemoteCommand(session, channels, outcomeFor(request));
      else session.close();
    },
  };
}

function commandProtocol({ raw }: ConnectRequest): string {
  if (requestedUpgrade(raw) === "websocket") {
    return negotiate(headerList(raw, "sec-websocket-protocol"), webSocketCommandProtocols, "");
  }
  return negotiate(headerList(raw, "x-stream-protocol-version"), spdyCommandProtocols, "channel.k8s.io");
}

function streamOptions(client: Pick<Client, "get">, { namespace, name, query }: ConnectRequest): StreamOptions {
  const pod = client.get(pods, { namespace, name });
  if (!pod) throw StatusError.notFound(pods, name);
  const tty = booleanParameter(query, "tty");
  const container = targetContainer(pod, query.get("container"));
  requireHost(pod);
  const options = {
    container,
    stdin: booleanParameter(query, "stdin"),
    stdout: booleanParameter(query, "stdout"),
    // A terminal has one output.
    stderr: booleanParameter(query, "stderr") && !tty,
    tty,
  };
  if (!options.stdin && !options.stdout && !options.stderr) {
    throw StatusError.badRequest("you must specify at least 1 of stdin, stdout, stderr");
  }
  return options;
}

async function openChannels(
  request: ConnectRequest,
  socket: Duplex,
  head: Buffer,
  agreed: { protocol: string; options: StreamOptions; clock: Clock },
): Promise<CommandChannels | undefined> {
  const { protocol, options, clock } = agreed;
  if (requestedUpgrade(request.raw) === "websocket") {
    const webSocket = await acceptWebSocket(request.raw, socket, head, protocol);
    return webSocket && openWebSocketChannels(webSocket, protocol, options, clock);
  }
  acceptSpdy(socket, protocol);
  if (head.length > 0) socket.unshift(head);
  return await openSpdyChannels(socket, protocol, options, clock);
}
