/** Names made by the server from `metadata.generateName`. Rule: k8s.io/apiserver `storage/names`. */
import { randomSuffix } from "../../machinery/random-suffix.ts";

/** A label's length: the whole name stays usable as a host name. */
const longestName = 63;

/** `web-` → `web-x7k2p`. */
export function generateName(base: string): string {
  const suffix = randomSuffix();
  return base.slice(0, longestName - suffix.length) + suffix;
}
