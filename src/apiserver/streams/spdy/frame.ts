/**
 * Frames of SPDY/3.1 (SPDY Protocol Draft 3.1, section 2.2) and how they are written. Header blocks are bytes here;
 * `header-block.ts` knows what they say.
 */

export const frameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** Why a stream is reset (section 2.6.3). */
export const resetStatus = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  cancel: 5,
  internalError: 6,
  flowControlError: 7,
} as const;

/** Why a session ends (section 2.6.6). */
export const goAwayStatus = { ok: 0, protocolError: 1 } as const;

/** The setting that says how much may be sent on a stream before its first WINDOW_UPDATE (section 2.6.4). */
export const initialWindowSizeSetting = 7;

export type Frame =
  | { type: "data"; streamId: number; fin: boolean; data: Buffer }
  | { type: "synStream"; streamId: number; fin: boolean; unidirectional: boolean; headerBlock: Buffer }
  | { type: "synReply"; streamId: number; fin: boolean; headerBlock: Buffer }
  | { type: "headers"; streamId: number; fin: boolean; headerBlock: Buffer }
  | { type: "rstStream"; streamId: number; status: number }
  | { type: "settings"; values: { id: number; value: number }[] }
  | { type: "ping"; id: number }
  | { type: "goAway"; lastStreamId: number; status: number }
  | { type: "windowUpdate"; streamId: number; delta: number };

/** Version 3, with the bit that marks a control frame. */
const controlWord = 0x8003;
const flagFin = 0x01;
const flagUnidirectional = 0x02;

function control(type: number, flags: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(8 + payload.length);
  frame.writeUInt16BE(controlWord, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
  payload.copy(frame, 8);
  return frame;
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, index * 4));
  return bytes;
}

/** The eight bytes in front of a data frame's payload; the payload follows unchanged, so it need not be copied. */
export function dataHeader(streamId: number, length: number, fin: boolean): Buffer {
  return words(streamId & 0x7fffffff, ((fin ? flagFin : 0) << 24) | length);
}

/** The bytes of a frame. */
export function encodeFrame(frame: Frame): Buffer {
  switch (frame.type) {
    case "data":
      return Buffer.concat([dataHeader(frame.streamId, frame.data.length, frame.fin), frame.data]);
    case "synStream": {
      const flags = (frame.fin ? flagFin : 0) | (frame.unidirectional ? flagUnidirectional : 0);
      // Stream, associated stream (none), priority 0 and slot 0 in two bytes.
      const head = Buffer.concat([words(frame.streamId, 0), Buffer.alloc(2)]);
      return control(frameType.synStream, flags, Buffer.concat([head, frame.headerBlock]));
    }
    case "synReply":
    case "headers":
      return control(
        frameType[frame.type],
        frame.fin ? flagFin : 0,
        Buffer.concat([words(frame.streamId), frame.headerBlock]),
      );
    case "rstStream":
      return control(frameType.rstStream, 0, words(frame.streamId, frame.status));
    case "settings":
      return control(
        frameType.settings,
        0,
        words(frame.values.length, ...frame.values.flatMap(({ id, value }) => [id & 0xffffff, value])),
      );
    case "ping":
      return control(frameType.ping, 0, words(frame.id));
    case "goAway":
      return control(frameType.goAway, 0, words(frame.lastStreamId, frame.status));
    case "windowUpdate":
      return control(frameType.windowUpdate, 0, words(frame.streamId, frame.delta));
  }
}

/** Something the peer sent that no SPDY/3.1 peer may send; the session cannot go on. */
export class SpdyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SpdyError";
  }
}

/**
 * Reads the payload of a control frame.
 * @returns undefined for a type that is not known, which the protocol says to ignore.
 * @throws SpdyError when the payload is too short or names stream 0.
 */
export function decodeControl(type: number, flags: number, payload: Buffer): Frame | undefined {
  const need = (length: number) => {
    if (payload.length < length) throw new SpdyError(`control frame of type ${type} has only ${payload.length} bytes`);
  };
  const stream = () => {
    const id = payload.readUInt32BE(0) & 0x7fffffff;
    if (id === 0) throw new SpdyError(`control frame of type ${type} is about stream 0`);
    return id;
  };
  const fin = (flags & flagFin) !== 0;
  switch (type) {
    case frameType.synStream:
      need(10);
      return {
        type: "synStream",
        streamId: stream(),
        fin,
        unidirectional: (flags & flagUnidirectional) !== 0,
        headerBlock: payload.subarray(10),
      };
    case frameType.synReply:
      need(4);
      return { type: "synReply", streamId: stream(), fin, headerBlock: payload.subarray(4) };
    case frameType.headers:
      need(4);
      return { type: "headers", streamId: stream(), fin, headerBlock: payload.subarray(4) };
    case frameType.rstStream:
      need(8);
      return { type: "rstStream", streamId: stream(), status: payload.readUInt32BE(4) };
    case frameType.settings:
      need(4);
      return { type: "settings", values: decodeSettings(payload) };
    case frameType.ping:
      need(4);
      return { type: "ping", id: payload.readUInt32BE(0) };
    case frameType.goAway:
      need(8);
      return { type: "goAway", lastStreamId: payload.readUInt32BE(0) & 0x7fffffff, status: payload.readUInt32BE(4) };
    case frameType.windowUpdate:
      need(8);
      return {
        type: "windowUpdate",
        // Stream 0 is the session as a whole (draft 3.1, section 2.6.8).
        streamId: payload.readUInt32BE(0) & 0x7fffffff,
        delta: payload.readUInt32BE(4) & 0x7fffffff,
      };
    default:
      return undefined;
  }
}

function decodeSettings(payload: Buffer): { id: number; value: number }[] {
  const count = payload.readUInt32BE(0);
  if (payload.length < 4 + count * 8) throw new SpdyError(`SETTINGS announces ${count} values and ends before them`);
  return Array.from({ length: count }, (_, index) => ({
    id: payload.readUInt32BE(4 + index * 8) & 0xffffff,
    value: payload.readUInt32BE(8 + index * 8),
  }));
}
