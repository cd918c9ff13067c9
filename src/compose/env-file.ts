/** Files of `env_file`: https://docs.docker.com/reference/compose-file/services/#env_file-format */
import { interpolate, type Lookup } from "./interpolate.ts";

const assignment = /^(?:export\s+)?([^\s=#]+)\s*=(.*)$/;

/**
 * @param lookup variables outside the file; those set further up in it come first.
 * @throws Error with the number of the line that cannot be read.
 */
export function parseEnvFile(text: string, lookup: Lookup): Map<string, string> {
  const variables = new Map<string, string>();
  const known: Lookup = (name) => variables.get(name) ?? lookup(name);
  text.split(/\r?\n/).forEach((line, index) => {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) return;
    const [matched, name, value = ""] = assignment.exec(content) ?? [];
    if (!matched || !name) {
      const inherited = lookup(content);
      if (!/^[^\s=]+$/.test(content)) throw new Error(`line ${index + 1} is no NAME=VALUE`);
      if (inherited !== undefined) variables.set(content, inherited);
      return;
    }
    variables.set(name, readValue(value.trim(), known, index + 1));
  });
  return variables;
}

function readValue(value: string, lookup: Lookup, line: number): string {
  const quote = value[0];
  if (quote === "'" || quote === '"') {
    const end = value.indexOf(quote, 1);
    if (end < 0) throw new Error(`line ${line} has a quote that is not closed`);
    const inside = value.slice(1, end);
    if (quote === "'") return inside;
    const unescaped = inside.replaceAll("\\n", "\n").replaceAll("\\t", "\t").replaceAll("\\r", "\r");
    return interpolate(unescaped, lookup, () => "");
  }
  // A number sign starts a comment only after a blank.
  return interpolate(value.replace(/(^|\s)#.*$/, "").trim(), lookup, () => "");
}
