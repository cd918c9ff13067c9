/**
 * Label selectors: the object form of `spec.selector` and the string form of `?labelSelector=`.
 * Rule: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
import { StatusError } from "./status-error.ts";
import type { LabelSelector } from "./types.ts";

export type Labels = Readonly<Record<string, string>>;

export type SelectorOperator = "=" | "!=" | "in" | "notin" | "exists" | "!" | ">" | "<";

export interface Requirement {
  key: string;
  operator: SelectorOperator;
  values: readonly string[];
}

/** All requirements must hold; none at all selects everything. */
export type Selector = readonly Requirement[];

export function matches(selector: Selector, labels: Labels | undefined): boolean {
  return selector.every((requirement) => holds(requirement, labels?.[requirement.key]));
}

function holds({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "=":
    case "in":
      return value !== undefined && values.includes(value);
    case "!=":
    case "notin":
      return value === undefined || !values.includes(value);
    case ">":
      return value !== undefined && Number(value) > Number(values[0]);
    case "<":
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

/** A selector from a plain map, as in a Service's `spec.selector`. */
export function selectorFromMap(map: Labels): Selector {
  return Object.entries(map).map(([key, value]) => ({ key, operator: "=", values: [value] }));
}

/** A selector from a `LabelSelector` object that has passed validation. */
export function selectorFromObject(object: LabelSelector): Selector {
  const operators = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!" } as const;
  return [
    ...selectorFromMap(object.matchLabels ?? {}),
    ...(object.matchExpressions ?? []).map(({ key, operator, values }) => ({
      key,
      operator: operators[operator as keyof typeof operators],
      values: values ?? [],
    })),
  ];
}

/** The string form, as `kubectl get -o wide` prints it and `?labelSelector=` takes it. */
export function printSelector(selector: Selector): string {
  return selector
    .map(({ key, operator, values }) => {
      switch (operator) {
        case "exists":
          return key;
        case "!":
          return `!${key}`;
        case "in":
        case "notin":
          return `${key} ${operator} (${[...values].sort().join(",")})`;
        default:
          return `${key}${operator}${values[0] ?? ""}`;
      }
    })
    .join(",");
}

const tokens = /\s*(?:([A-Za-z0-9_./-]+)|(==|!=|=|!|>|<|\(|\)|,)|(.))/y;

/**
 * Parses the string form: `a=b,c!=d,e in (f,g),!h,i`.
 * @throws StatusError BadRequest with Kubernetes' wording.
 */
export function parseSelector(text: string): Selector {
  const words = tokenize(text);
  let at = 0;
  const peek = (): string => words[at] ?? "";
  const fail = (expected: string): never => {
    throw StatusError.badRequest(`unable to parse requirement: found '${peek()}', expected: ${expected}`);
  };
  const isName = (word: string): boolean => /^[A-Za-z0-9_./-]+$/.test(word);
  const requirements: Requirement[] = [];
  const parseValues = (): string[] => {
    if (peek() !== "(") fail("'('");
    at++;
    const values: string[] = [];
    while (peek() !== ")") {
      if (peek() === ",") {
        values.push("");
        at++;
        continue;
      }
      if (!isName(peek())) fail("',' or ')'");
      values.push(words[at++] as string);
      if (peek() === ",") {
        at++;
        if (peek() === ")") values.push("");
      } else if (peek() !== ")") fail("',' or ')'");
    }
    at++;
    return values;
  };
  while (at < words.length) {
    const negated = peek() === "!";
    if (negated) at++;
    if (!isName(peek())) fail(negated ? "identifier" : "!, identifier, or 'end of string'");
    const key = words[at++] as string;
    const word = peek();
    if (negated || word === "" || word === ",") {
      requirements.push({ key, operator: negated ? "!" : "exists", values: [] });
    } else if (word === "in" || word === "notin") {
      at++;
      requirements.push({ key, operator: word, values: parseValues() });
    } else if (["=", "==", "!=", ">", "<"].includes(word)) {
      at++;
      const value = isName(peek()) ? (words[at++] as string) : "";
      requirements.push({ key, operator: word === "==" ? "=" : (word as SelectorOperator), values: [value] });
    } else fail("in, notin, =, ==, !=, gt, lt");
    if (at < words.length) {
      if (peek() !== ",") fail("',' or 'end of string'");
      at++;
      if (at === words.length) fail("identifier after ','");
    }
  }
  return requirements;
}

function tokenize(text: string): string[] {
  const words: string[] = [];
  tokens.lastIndex = 0;
  while (tokens.lastIndex < text.length) {
    const match = tokens.exec(text);
    if (!match) break;
    const word = match[1] ?? match[2] ?? match[3];
    if (word !== undefined && word.trim() !== "") words.push(word);
  }
  return words;
}
