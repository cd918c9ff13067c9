/** Finds keys written twice in one JSON object: `JSON.parse` keeps the last and says nothing. */

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

interface Level {
  /** Keys seen so far; undefined in an array. */
  keys: Set<string> | undefined;
  key: string;
  index: number;
  expectsKey: boolean;
}

/**
 * @param text valid JSON.
 * @returns dotted paths in order of appearance: `metadata.labels.a`, `spec.containers[0].name`.
 */
export function duplicateJsonKeys(text: string): string[] {
  const found: string[] = [];
  const levels: Level[] = [];
  let level: Level | undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = endOfString(text, at);
      if (level?.keys && level.expectsKey) {
        level.key = keyAt(text, at, end);
        level.expectsKey = false;
        if (level.keys.has(level.key)) found.push(pathOf(levels));
        else level.keys.add(level.key);
      }
      at = end;
    } else if (code === openBrace || code === openBracket) {
      const isObject = code === openBrace;
      level = { keys: isObject ? new Set() : undefined, key: "", index: 0, expectsKey: isObject };
      levels.push(level);
    } else if (code === closeBrace || code === closeBracket) {
      levels.pop();
      level = levels[levels.length - 1];
    } else if (code === comma && level) {
      if (level.keys) level.expectsKey = true;
      else level.index++;
    } else if (code === colon && level) level.expectsKey = false;
  }
  return found;
}

/** Index of the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === backslash) slashes++;
  return slashes % 2 === 1;
}

function keyAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  return raw.includes("\\") ? (JSON.parse(text.slice(start, end + 1)) as string) : raw;
}

function pathOf(levels: readonly Level[]): string {
  return levels.reduce(
    (path, { keys, key, index }) => (keys ? (path ? `${path}.${key}` : key) : `${path}[${index}]`),
    "",
  );
}
