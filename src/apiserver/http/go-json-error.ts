/**
 * What is wrong with a text that is not JSON, in the words of the Kubernetes API (those of Go's encoding/json), which name
 * the character and what was expected there. Only called once `JSON.parse` has failed.
 */

class Failure extends Error {}

export function describeJsonError(text: string): string {
  const scanner = new Scanner(text);
  try {
    scanner.document();
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
  return "invalid JSON";
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail("after top-level value");
  }

  #value(): void {
    this.#space();
    const char = this.#text[this.#at];
    if (char === "{") return this.#object();
    if (char === "[") return this.#array();
    if (char === '"') return this.#string();
    if (char !== undefined && /[-0-9]/.test(char)) return this.#number();
    const literal = ["true", "false", "null"].find((word) => word[0] === char);
    if (literal === undefined) this.#fail("looking for beginning of value");
    else this.#literal(literal);
  }

  #object(): void {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === "}") return this.#skip();
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail("looking for beginning of object key string");
      this.#string();
      this.#space();
      if (this.#text[this.#at] !== ":") this.#fail("after object key");
      this.#at++;
      this.#value();
      this.#space();
      if (this.#text[this.#at] === "}") return this.#skip();
      if (this.#text[this.#at] !== ",") this.#fail("after object key:value pair");
      this.#at++;
    }
  }

  #array(): void {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === "]") return this.#skip();
    for (;;) {
      this.#value();
      this.#space();
      if (this.#text[this.#at] === "]") return this.#skip();
      if (this.#text[this.#at] !== ",") this.#fail("after array element");
      this.#at++;
    }
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char < " ") this.#fail("in string literal");
      this.#at++;
      if (char === '"') return;
      if (char === "\\") this.#escape();
    }
  }

  #escape(): void {
    const char = this.#text[this.#at] ?? "";
    if (!/["\\/bfnrtu]/.test(char)) this.#fail("in string escape code");
    this.#at++;
    if (char !== "u") return;
    for (let digit = 0; digit < 4; digit++) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? "")) this.#fail("in \\u hexadecimal character escape");
      this.#at++;
    }
  }

  #number(): void {
    if (this.#text[this.#at] === "-") this.#at++;
    if (!this.#digit()) this.#fail("in numeric literal");
    if (this.#text[this.#at] === "0") this.#at++;
    else this.#digits();
    if (this.#text[this.#at] === ".") {
      this.#at++;
      if (!this.#digit()) this.#fail("after decimal point in numeric literal");
      this.#digits();
    }
    if (/[eE]/.test(this.#text[this.#at] ?? "")) {
      this.#at++;
      if (/[+-]/.test(this.#text[this.#at] ?? "")) this.#at++;
      if (!this.#digit()) this.#fail("in exponent of numeric literal");
      this.#digits();
    }
  }

  #literal(word: string): void {
    for (const expected of word) {
      if (this.#text[this.#at] !== expected) this.#fail(`in literal ${word} (expecting '${expected}')`);
      this.#at++;
    }
  }

  #digit(): boolean {
    return /\d/.test(this.#text[this.#at] ?? "");
  }

  #digits(): void {
    while (this.#digit()) this.#at++;
  }

  #space(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #skip(): void {
    this.#at++;
  }

  #fail(where: string): never {
    const char = this.#text[this.#at];
    if (char === undefined) throw new Failure("unexpected end of JSON input");
    throw new Failure(`invalid character ${quote(char)} ${where}`);
  }
}

function quote(char: string): string {
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  return `'${JSON.stringify(char).slice(1, -1)}'`;
}
