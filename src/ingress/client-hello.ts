/** The first message of TLS, as far as it says whether a host is asked for. Rule: RFC 8446 section 4.1.2, RFC 6066 section 3. */

const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;
/** Record header, handshake header, version, random. */
const beforeSession = 5 + 4 + 2 + 32;

/** Whether all of the record has come that a client begins with. What is no handshake at all is whole, too. */
export function isWholeRecord(data: Buffer): boolean {
  if (data[0] !== undefined && data[0] !== handshakeRecord) return true;
  return data.length >= 5 && data.length >= 5 + data.readUInt16BE(3);
}

/** Whether the client names the host that it wants to talk to. */
export function namesHost(data: Buffer): boolean {
  if (data[0] !== handshakeRecord || data[5] !== clientHello) return false;
  try {
    let at = beforeSession;
    at += 1 + data.readUInt8(at);
    at += 2 + data.readUInt16BE(at);
    at += 1 + data.readUInt8(at);
    const end = at + 2 + data.readUInt16BE(at);
    for (at += 2; at + 4 <= end; at += 4 + data.readUInt16BE(at + 2)) {
      if (data.readUInt16BE(at) === serverNameExtension) return true;
    }
  } catch {
    // Shorter than it says: TLS itself will complain.
  }
  return false;
}
