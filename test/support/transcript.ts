/**
 * Transcripts: the `console` blocks of a Markdown file are commands (`$ …`) with what they print, and a test runs them.
 * So the examples' documentation is what their tests check.
 *
 * - `{word}` stands for something that differs between runs. The first match gives `{word}` its value; later it must be the
 *   same, also in commands. `{age}` and `{any}` match anew each time; `{rest}` matches to the end of the line.
 * - A line `...` stands for any number of lines.
 * - Runs of blanks count as one, since columns are as wide as their content.
 * - `# eventually` behind a command: repeat it until it prints what is expected (at most 60 s).
 * - A last line `(exit code 1)`: the command fails with that code.
 */
export interface Step {
  command: string;
  expected: string[];
  eventually: boolean;
  exitCode: number;
  /** Line of the command in the file, from 1. */
  line: number;
}

export type Bindings = Map<string, string>;

export function parseTranscript(markdown: string): Step[] {
  const steps: Step[] = [];
  let inside = false;
  let heredoc: string | undefined;
  let step: Step | undefined;
  for (const [index, text] of markdown.split("\n").entries()) {
    if (text.startsWith("```")) {
      inside = !inside && text.trim() === "```console";
      step = undefined;
      continue;
    }
    if (!inside) continue;
    if (step && heredoc !== undefined) {
      step.command += `\n${text}`;
      if (text === heredoc) heredoc = undefined;
    } else if (text.startsWith("$ ")) {
      const eventually = text.endsWith(" # eventually");
      step = {
        command: text.slice(2).replace(/ # eventually$/, ""),
        expected: [],
        eventually,
        exitCode: 0,
        line: index + 1,
      };
      heredoc = /<<\s*'?(\w+)'?/.exec(text)?.[1];
      steps.push(step);
    } else if (step) {
      const code = /^\(exit code (\d+)\)$/.exec(text);
      if (code) step.exitCode = Number(code[1]);
      else step.expected.push(text);
    }
  }
  for (const { expected } of steps) while (expected.at(-1)?.trim() === "") expected.pop();
  return steps;
}

const patterns: Record<string, string> = {
  age: String.raw`(?:\d+[smhdy])+`,
  any: String.raw`\S+`,
  rest: ".*",
};

function patternOf(word: string): string {
  if (patterns[word]) return patterns[word];
  if (/^(ip|cluster-?ip|node-?ip|pod-?ip)\d*$/.test(word)) return String.raw`\d+\.\d+\.\d+\.\d+`;
  if (/^(n|number|port|node-?port|uid)\d*$/.test(word)) return String.raw`[0-9a-f-]+`;
  return String.raw`[^\s,:/"()]+`;
}

const placeholder = /\{([a-z][a-z0-9-]*)\}/g;

/** The command with its `{words}` filled in. @throws Error naming a word that has no value yet. */
export function fillIn(command: string, bindings: Bindings): string {
  return command.replaceAll(placeholder, (_, word: string) => {
    const value = bindings.get(word);
    if (value === undefined) throw new Error(`{${word}} has no value yet in: ${command}`);
    return value;
  });
}

const escape = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

/** @returns the bindings after the line, or undefined when it does not match. */
function matchLine(expected: string, actual: string, bindings: Bindings): Bindings | undefined {
  const words: string[] = [];
  const inThisLine = new Map<string, number>();
  let pattern = "";
  let at = 0;
  const line = squeeze(expected);
  for (const match of line.matchAll(placeholder)) {
    pattern += escape(line.slice(at, match.index));
    at = match.index + match[0].length;
    const word = match[1] ?? "";
    const known = bindings.get(word);
    const earlier = inThisLine.get(word);
    if (known !== undefined) pattern += escape(known);
    else if (earlier !== undefined) pattern += `\\${earlier}`;
    else {
      words.push(word);
      if (!patterns[word]) inThisLine.set(word, words.length);
      pattern += `(${patternOf(word)})`;
    }
  }
  pattern += escape(line.slice(at));
  const found = new RegExp(`^${pattern}$`).exec(squeeze(actual));
  if (!found) return undefined;
  const next = new Map(bindings);
  for (const [index, word] of words.entries()) if (!patterns[word]) next.set(word, found[index + 1] ?? "");
  return next;
}

function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function matchLines(expected: string[], actual: string[], bindings: Bindings): Bindings | undefined {
  const [first, ...rest] = expected;
  if (first === undefined) return actual.length === 0 ? bindings : undefined;
  if (first === "...") {
    for (let skip = 0; skip <= actual.length; skip++) {
      const matched = matchLines(rest, actual.slice(skip), bindings);
      if (matched) return matched;
    }
    return undefined;
  }
  if (actual.length === 0) return undefined;
  const matched = matchLine(first, actual[0] ?? "", bindings);
  return matched && matchLines(rest, actual.slice(1), matched);
}

/** @returns the bindings after the step, or undefined when the output is not what was expected. */
export function matchOutput(expected: string[], output: string, bindings: Bindings): Bindings | undefined {
  const lines = output.split("\n");
  while (lines.at(-1)?.trim() === "") lines.pop();
  return matchLines(expected, lines, bindings);
}
