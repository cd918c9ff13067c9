import { duplexPair } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { SpdyClient } from "../../../../test/support/spdy-client.ts";
import { FakeClock } from "../../../machinery/clock.ts";
import { SpdySession } from "./session.ts";
import type { SpdyStream } from "./stream.ts";

function start(onStream: (stream: SpdyStream) => void = () => {}) {
  const [here, there] = duplexPair();
  const clock = new FakeClock();
  const streams: SpdyStream[] = [];
  const session = new SpdySession(
    there,
    (stream) => {
      streams.push(stream);
      onStream(stream);
    },
    clock,
  );
  const over = session.run();
  return { client: new SpdyClient(here), session, clock, streams, over, transport: there };
}

const echo = (stream: SpdyStream) => void stream.pipe(stream);

describe("SpdySession", () => {
  test("replies to a stream before anything is sent on it, and echoes to its end", async () => {
    const { client } = start(echo);
    const id = client.open({ streamType: "data" });
    client.data(id, "hello", true);
    await client.until(() => client.ended(id));
    expect(client.frames[0]).toMatchObject({ type: "synReply", streamId: id });
    expect(client.received(id).toString()).toBe("hello");
  });

  test("keeps many streams apart", async () => {
    const { client } = start(echo);
    const ids = Array.from({ length: 50 }, () => client.open({}));
    for (const part of ["a", "b", "c"]) for (const id of ids) client.data(id, `${part}${id} `);
    for (const id of ids) client.data(id, "", true);
    await client.until(() => ids.every((id) => client.ended(id)));
    for (const id of ids) expect(client.received(id).toString()).toBe(`a${id} b${id} c${id} `);
  });

  test("answers a ping of the client, and not an answer to its own", async () => {
    const { client } = start();
    client.send({ type: "ping", id: 2 });
    client.send({ type: "ping", id: 7 });
    await client.until((frames) => frames.length > 0);
    expect(client.frames).toEqual([{ type: "ping", id: 7 }]);
  });

  test("a stream that is destroyed is reset, and what still comes for it is passed over", async () => {
    const { client } = start((stream) => void stream.destroy());
    const id = client.open({});
    client.data(id, "late");
    client.send({ type: "ping", id: 1 });
    await client.until((frames) => frames.some((frame) => frame.type === "ping"));
    expect(client.frames.map((frame) => frame.type)).toEqual(["synReply", "rstStream", "ping"]);
  });

  test("a reset by the client destroys the stream and says nothing back", async () => {
    const { client, streams } = start();
    const id = client.open({});
    client.send({ type: "rstStream", streamId: id, status: 5 });
    client.send({ type: "ping", id: 1 });
    await client.until((frames) => frames.some((frame) => frame.type === "ping"));
    expect(streams[0]?.destroyed).toBe(true);
    expect(client.frames.map((frame) => frame.type)).toEqual(["synReply", "ping"]);
  });

  test("a stream id that goes backwards is refused", async () => {
    const { client, streams } = start();
    client.open({});
    client.openAs(1, {});
    await client.until((frames) => frames.some((frame) => frame.type === "rstStream"));
    expect(client.frames.at(-1)).toEqual({ type: "rstStream", streamId: 1, status: 1 });
    expect(streams).toHaveLength(1);
  });

  test("does not wait for windows of a client that keeps none", async () => {
    const { client } = start((stream) => void stream.end(Buffer.alloc(500_000)));
    const id = client.open({});
    await client.until(() => client.ended(id));
    expect(client.received(id).length).toBe(500_000);
  });

  test("keeps to the windows of a client that has some", async () => {
    const sent = Buffer.alloc(100_000, "x");
    const { client, streams } = start();
    client.send({ type: "settings", values: [{ id: 7, value: 1000 }] });
    const id = client.open({});
    await client.until((frames) => frames.length > 0);
    streams[0]?.end(sent);
    await client.until(() => client.received(id).length === 1000);
    client.send({ type: "windowUpdate", streamId: id, delta: 500 });
    await client.until(() => client.received(id).length === 1500);
    client.send({ type: "windowUpdate", streamId: id, delta: 200_000 });
    // The session's own window of 64 KiB is what binds now.
    await client.until(() => client.received(id).length === 65_536);
    client.send({ type: "windowUpdate", streamId: 0, delta: 200_000 });
    await client.until(() => client.ended(id));
    expect(client.received(id).equals(sent)).toBe(true);
  });

  test("tells a client that keeps windows what has been taken in", async () => {
    const { client } = start((stream) => void stream.resume());
    const id = client.open({});
    client.data(id, Buffer.alloc(40_000));
    const updated = (streamId: number) =>
      client.frames.some(
        (frame) => frame.type === "windowUpdate" && frame.streamId === streamId && frame.delta > 30_000,
      );
    await client.until(() => updated(0) && updated(id));
  });

  test("stops reading while a stream's reader lags, probes meanwhile, and loses nothing", async () => {
    const { client, clock, streams, transport } = start();
    const id = client.open({});
    const megabyte = Buffer.alloc(1024 * 1024, "m");
    for (let sent = 0; sent < 8; sent++) client.data(id, megabyte);
    client.data(id, "", true);
    const stream = await vi.waitUntil(() => streams[0]);
    await vi.waitUntil(() => stream.readableLength >= megabyte.length);
    // Turns of the event loop in which it would read on, if it did.
    for (let turns = 0; turns < 50; turns++) await turn();
    expect(stream.readableLength).toBeLessThan(2 * megabyte.length);
    // One chunk lies ready, and no other is taken.
    expect(transport.readableLength).toBeLessThan(2 * megabyte.length);
    clock.advance(10_000);
    await client.until((frames) => frames.some((frame) => frame.type === "ping" && frame.id === 2));
    let total = 0;
    for await (const chunk of stream) total += (chunk as Buffer).length;
    expect(total).toBe(8 * megabyte.length);
  });

  test("what breaks the protocol is answered with GOAWAY, and streams end", async () => {
    const [here, there] = duplexPair();
    const streams: SpdyStream[] = [];
    const session = new SpdySession(there, (stream) => void streams.push(stream));
    const over = session.run();
    const client = new SpdyClient(here);
    client.open({});
    await client.until((frames) => frames.length > 0);
    here.write("GET / HTTP/1.1\r\n\r\n\xff".padStart(20, "\x80"), "latin1");
    await client.until((frames) => frames.some((frame) => frame.type === "goAway" && frame.status === 1));
    here.end();
    await over;
    expect(streams[0]?.destroyed).toBe(true);
    expect(session.closed.aborted).toBe(true);
  });

  test("the end of the connection ends streams and session", async () => {
    const { client, session, streams, over } = start();
    client.open({});
    await client.until((frames) => frames.length > 0);
    client.close();
    await over;
    expect(session.closed.aborted).toBe(true);
    expect(streams[0]?.destroyed).toBe(true);
  });

  test("finish waits for the client to close, but not for ever", async () => {
    const { client, clock, session } = start();
    client.open({});
    await client.until((frames) => frames.length > 0);
    let finished = false;
    const finishing = session.finish().then(() => {
      finished = true;
    });
    clock.advance(60_000);
    await turn();
    expect(finished).toBe(false);
    clock.advance(10 * 60_000);
    await finishing;
    expect(session.closed.aborted).toBe(true);
  });
});
