/** Short hashes for names: FNV-1a over canonical JSON, in letters that spell no words. */

/** Without vowels and look-alikes, so that a name never reads as a word. As in Kubernetes' generated names. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** 32-bit FNV-1a of the text's UTF-8: http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** JSON with the keys of every object in order; fields that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/**
 * `7fbfd64789`: up to ten characters.
 * @param collisions how many times another object was found to have the name that this gives.
 */
export function nameHash(value: unknown, collisions = 0): string {
  const salt = collisions > 0 ? `#${collisions}` : "";
  const number = String(fnv1a(canonicalJson(value) + salt));
  return number.replace(/\d/g, (digit) => alphabet.charAt(digit.charCodeAt(0) % alphabet.length));
}
