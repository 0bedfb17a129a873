/**
 * A secret that cannot be printed by accident: template strings, JSON, `console.log`, `util.inspect` and
 * structured clones all see a placeholder. The text leaves only through `expose()`, which is easy to search for.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  expose(): string {
    return this.#text;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}
