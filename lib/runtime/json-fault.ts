/** Where to look in a text that is not JSON, for the end of a sentence; empty where nothing is to be said. */
export type FaultPlace = (text: string) => string;

const space = /[ \t\n\r]*/y;
const token =
  /[{}[\],:]|"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

interface Reader {
  /** What comes next: a mark, `"` for a text, `0` for any other value, nothing for no token at all. */
  next(): string;
  skip(): void;
  readonly offset: () => number;
}

const readerOf = (text: string): Reader => {
  let offset = 0;
  const matched = (pattern: RegExp): string => {
    pattern.lastIndex = offset;
    return pattern.exec(text)?.[0] ?? "";
  };
  return {
    next: () => {
      offset += matched(space).length;
      const [first = ""] = matched(token);
      return /[{}[\],:"]/.test(first) || first === "" ? first : "0";
    },
    skip: () => {
      offset += matched(token).length;
    },
    offset: () => offset,
  };
};

/** Reads what must come; false stops everything at its place. */
const taken = (from: Reader, ...marks: readonly string[]): boolean => {
  const fits = marks.includes(from.next());
  if (fits) from.skip();
  return fits;
};

const members = (from: Reader, end: string, member: () => boolean): boolean => {
  if (taken(from, end)) return true;
  do {
    if (!member()) return false;
  } while (taken(from, ","));
  return taken(from, end);
};

const value = (from: Reader): boolean => {
  if (taken(from, "{")) return members(from, "}", () => taken(from, '"') && taken(from, ":") && value(from));
  if (taken(from, "[")) return members(from, "]", () => value(from));
  return taken(from, '"', "0");
};

/**
 * The place of the first token that does not fit (RFC 8259), for who wrote the text; empty where all do. The
 * engine's own messages tell it for some faults only, and quote the text, which may hold what is secret.
 */
export const jsonFault: FaultPlace = (text) => {
  const from = readerOf(text);
  const isWhole = value(from) && from.next() === "" && from.offset() === text.length;
  if (isWhole) return "";
  const before = text.slice(0, from.offset()).split("\n");
  return `: look at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
};
