/** Cuts a command line into words as a POSIX shell does, with quotes and backslashes and without expanding anything. */

/** @throws Error for a quote that is not closed. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: "'" | '"' | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? "";
    const next = line[at + 1];
    if (quote === "'" ? character === "'" : quote === '"' && character === '"') {
      quote = undefined;
    } else if (quote === "'") {
      word = (word ?? "") + character;
    } else if (character === "\\" && next !== undefined && (!quote || '"\\$`\n'.includes(next))) {
      word = (word ?? "") + next;
      at++;
    } else if (!quote && (character === "'" || character === '"')) {
      quote = character;
      word ??= "";
    } else if (!quote && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote) throw new Error(`the quote ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  return words;
}
