/** Names in order, kept in order as they come and go: a list of objects is read far more often than one is added. */
export class SortedNames {
  readonly #names: string[] = [];

  /** The name must not be present yet. */
  add(name: string): void {
    const last = this.#names.at(-1);
    if (last === undefined || last < name) this.#names.push(name);
    else this.#names.splice(this.#position(name), 0, name);
  }

  delete(name: string): void {
    const at = this.#position(name);
    if (this.#names[at] === name) this.#names.splice(at, 1);
  }

  all(): readonly string[] {
    return this.#names;
  }

  /** Index of the first name that is not before `name`. */
  #position(name: string): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#names[middle] as string) < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
