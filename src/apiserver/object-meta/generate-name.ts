/** Names made by the server from `metadata.generateName`. Rule: k8s.io/apiserver `storage/names`. */
import { randomInt } from "node:crypto";

/** Without vowels and look-alikes, so that names spell no words. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
/** A label's length: the whole name stays usable as a host name. */
const longestName = 63;

/** `web-` → `web-x7k2p`. */
export function generateName(base: string): string {
  let suffix = "";
  for (let i = 0; i < suffixLength; i++) suffix += alphabet[randomInt(alphabet.length)];
  return base.slice(0, longestName - suffixLength) + suffix;
}
