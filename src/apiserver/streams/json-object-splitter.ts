/** Cuts a text of JSON objects one after the other, in whatever pieces it comes, into the objects. */

/** Longest object kept while it is incomplete; a resize message has some 30 characters. */
const maxLength = 4096;

export class JsonObjectSplitter {
  #pending = "";

  /** Objects without strings that hold braces, which is all that resize messages are. */
  *push(text: string): Generator<string> {
    this.#pending += text;
    for (;;) {
      const end = this.#pending.indexOf("}");
      if (end < 0) break;
      const start = this.#pending.indexOf("{");
      yield this.#pending.slice(Math.max(0, start), end + 1);
      this.#pending = this.#pending.slice(end + 1);
    }
    if (this.#pending.length > maxLength) this.#pending = "";
  }
}
