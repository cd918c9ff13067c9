/** The password hash of Apache's `htpasswd -m`: MD5, a thousand times over. Rule: https://httpd.apache.org/docs/2.4/misc/password_encryptions.html */
import { createHash } from "node:crypto";

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const rounds = 1000;

/** @returns `$apr1$salt$hash`. */
export function apr1(password: string, salt: string): string {
  const secret = Buffer.from(password, "utf8");
  const salted = Buffer.from(salt, "latin1");
  const md5 = (...parts: Buffer[]): Buffer => createHash("md5").update(Buffer.concat(parts)).digest();

  const inner = md5(secret, salted, secret);
  const first: Buffer[] = [secret, Buffer.from("$apr1$"), salted];
  for (let left = secret.length; left > 0; left -= 16) first.push(inner.subarray(0, Math.min(16, left)));
  // One byte per bit of the length: nought for a one, the password's first byte for a nought.
  for (let length = secret.length; length > 0; length >>= 1) {
    first.push((length & 1) === 1 ? Buffer.from([0]) : secret.subarray(0, 1));
  }
  let digest = md5(...first);
  for (let round = 0; round < rounds; round++) {
    const parts = [round % 2 === 1 ? secret : digest];
    if (round % 3 !== 0) parts.push(salted);
    if (round % 7 !== 0) parts.push(secret);
    parts.push(round % 2 === 1 ? digest : secret);
    digest = md5(...parts);
  }
  return `$apr1$${salt}$${encode(digest)}`;
}

/** Three bytes give four letters, in an order of their own. */
function encode(digest: Buffer): string {
  const byte = (index: number): number => digest[index] ?? 0;
  const letters = (value: number, count: number): string => {
    let text = "";
    for (let rest = value, left = count; left > 0; left--, rest >>= 6) text += alphabet[rest & 63] ?? "";
    return text;
  };
  const triples = [
    [0, 6, 12],
    [1, 7, 13],
    [2, 8, 14],
    [3, 9, 15],
    [4, 10, 5],
  ];
  const text = triples.map(([a = 0, b = 0, c = 0]) => letters((byte(a) << 16) | (byte(b) << 8) | byte(c), 4)).join("");
  return text + letters(byte(11), 2);
}
