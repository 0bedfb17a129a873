import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonFault } from "../../lib/runtime/json-fault.ts";

it.each<[text: string, line: number, column: number]>([
  ["", 1, 1],
  ["{", 1, 2],
  ["{a}", 1, 2],
  ['{"a" 1}', 1, 6],
  ['{"a": 1,}', 1, 9],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
  ['{\n  "a": "no end\n}', 2, 8],
  ["[1, 2,, 3]", 1, 7],
  ['["\\x"]', 1, 2],
  ["[01]", 1, 3],
  ["{} {}", 1, 4],
  ["\ufeff{}", 1, 1],
  ["// a comment\n{}", 1, 1],
  ["{'a': 1}", 1, 2],
  ['["a\tb"]', 1, 2],
  ['["\u007f", "é😀", 1.]', 1, 15],
])("%j is at fault in line %i, column %i", (text, line, column) => {
  expect(jsonFault(text)).toBe(`: look at line ${line}, column ${column}`);
});

it("takes for JSON what the engine's own parser takes, and nothing else", () => {
  const isJson = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"',
    "\\",
    "1",
    "-",
    "0.5e3",
    "true",
    " ",
    "\n",
  );
  const text = fc.oneof(
    fc.json(),
    fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(text, (one) => (jsonFault(one) === "") === isJson(one)),
    { numRuns: 500 },
  );
});
