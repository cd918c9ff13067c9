import { randomInt } from "node:crypto";

/** Without vowels and look-alikes, so that names spell no words. Rule: k8s.io/apimachinery `util/rand`. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** Five characters that make a name unlike others: `x7k2p`. */
export function randomSuffix(): string {
  return Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]).join("");
}
