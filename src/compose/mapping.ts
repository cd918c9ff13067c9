/** Reads a mapping key by key with the types expected, and can tell which keys nobody has asked for. */
import type { Entry, ListValue, MappingValue, Value } from "./document.ts";
import type { Findings, Located } from "./problem.ts";

export class Mapping implements Located {
  readonly #value: MappingValue;
  readonly #findings: Findings;
  readonly #taken = new Set<string>();

  constructor(value: MappingValue, findings: Findings) {
    this.#value = value;
    this.#findings = findings;
  }

  get path(): string {
    return this.#value.path;
  }

  get place(): Located["place"] {
    return this.#value.place;
  }

  /** The entry, whatever its value; undefined when it is absent or has no value. */
  take(key: string): Entry | undefined {
    this.#taken.add(key);
    const entry = this.#value.entries.get(key);
    return entry && !isNull(entry.value) ? entry : undefined;
  }

  text(key: string): string | undefined {
    const entry = this.take(key);
    return entry && textOf(entry.value, this.#findings);
  }

  boolean(key: string): boolean | undefined {
    const entry = this.take(key);
    const text = entry && textOf(entry.value, this.#findings);
    if (entry === undefined || text === undefined) return undefined;
    if (/^(true|yes|on)$/i.test(text)) return true;
    if (!/^(false|no|off)$/i.test(text)) this.#findings.error(entry, `${JSON.stringify(text)} is no boolean`);
    return false;
  }

  /** A whole number that is not negative. */
  count(key: string): number | undefined {
    const entry = this.take(key);
    const text = entry && textOf(entry.value, this.#findings);
    if (entry === undefined || text === undefined) return undefined;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    this.#findings.error(entry, `${JSON.stringify(text)} is no whole number`);
    return undefined;
  }

  mapping(key: string): Mapping | undefined {
    const entry = this.take(key);
    if (!entry) return undefined;
    if (entry.value.type === "mapping") return new Mapping(entry.value, this.#findings);
    this.#findings.error(entry, "must be a mapping");
    return undefined;
  }

  list(key: string): ListValue | undefined {
    const entry = this.take(key);
    if (!entry) return undefined;
    if (entry.value.type === "list") return entry.value;
    this.#findings.error(entry, "must be a list");
    return undefined;
  }

  texts(key: string): string[] | undefined {
    return this.list(key)?.items.map((item) => textOf(item, this.#findings) ?? "");
  }

  /** All entries, in the order of the file; they count as taken. */
  entries(): [string, Entry][] {
    const entries = [...this.#value.entries];
    for (const [key] of entries) this.#taken.add(key);
    return entries;
  }

  has(key: string): boolean {
    return this.#value.entries.has(key);
  }

  /**
   * Reports the keys that were not asked for as not converted. Extensions (`x-…`) are for other tools by definition.
   * @param reasons why, for the keys where there is more to say.
   */
  reportRest(reasons: Readonly<Record<string, string>> = {}): void {
    for (const [key, entry] of this.#value.entries) {
      if (this.#taken.has(key) || key.startsWith("x-")) continue;
      this.#findings.skipped(entry, reasons[key] ?? "is not converted");
    }
  }
}

export function isNull(value: Value): boolean {
  return value.type === "scalar" && value.text === null;
}

/** The text of a scalar; anything else is reported. */
export function textOf(value: Value, findings: Findings): string | undefined {
  if (value.type === "scalar") return value.text ?? "";
  findings.error(value, `must be a single value, not a ${value.type}`);
  return undefined;
}
