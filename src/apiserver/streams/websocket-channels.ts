/**
 * exec and attach over WebSocket: the first byte of each message is the channel's number
 * (k8s.io/apimachinery `pkg/util/remotecommand/constants.go`).
 */
import type { WebSocket } from "ws";
import type { Clock } from "../../machinery/clock.ts";
import { ChannelSocket } from "./channel-socket.ts";
import { type CommandChannels, outcomeText, parseTerminalSize, type WantedChannels } from "./command-channels.ts";

export const webSocketCommandProtocols = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
];

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

export function openWebSocketChannels(
  webSocket: WebSocket,
  protocol: string,
  wanted: WantedChannels,
  clock: Clock,
): CommandChannels {
  const socket = new ChannelSocket(webSocket, protocol, clock);
  const jsonStatus = protocol.startsWith("v4.") || protocol.startsWith("v5.");
  const stdin = wanted.stdin ? socket.readable(channel.stdin) : undefined;
  const stdout = wanted.stdout ? socket.writable(channel.stdout) : undefined;
  const stderr = wanted.stderr ? socket.writable(channel.stderr) : undefined;
  const first = wanted.stdout ? channel.stdout : wanted.stderr ? channel.stderr : channel.error;
  // Tells clients that wait for a first message that the process has been started.
  socket.send(first, Buffer.alloc(0), () => {});
  return {
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    closed: socket.closed,
    onResize(handler) {
      socket.onMessage(channel.resize, (data) => {
        const size = parseTerminalSize(data.toString("utf8"));
        if (size) handler(size);
      });
    },
    async finish(outcome) {
      const text = jsonStatus ? JSON.stringify(outcome) : outcomeText(outcome);
      if (text) await new Promise<void>((resolve) => socket.send(channel.error, Buffer.from(text), () => resolve()));
      stdin?.resume();
      await socket.finish();
    },
  };
}
