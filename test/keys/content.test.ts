import { describe, expect, it } from "vitest";
import { sameContent } from "../../lib/keys/content.ts";

describe("the same content", () => {
  it.each([
    ["lists in another order", ["a", "b"], ["b", "a"]],
    ["lists inside of objects", { models: ["a", "b"], n: 1 }, { n: 1, models: ["b", "a"] }],
    ["lists of objects", [{ a: 1, b: ["x", "y"] }, { a: 2 }], [{ a: 2 }, { b: ["y", "x"], a: 1 }]],
    ["a value that is named twice", ["a", "a"], ["a"]],
    ["nothing", undefined, undefined],
  ])("%s", (_, one, other) => {
    expect(sameContent(one, other)).toBe(true);
  });

  it.each([
    ["another value", ["a", "b"], ["a", "c"]],
    ["one more", ["a"], ["a", "b"]],
    ["all, and a list of that name", "all", ["all"]],
    ["a number, and its text", [1], ["1"]],
    ["a list, and its text", [["a"]], ['["a"]']],
    ["null, and nothing", null, undefined],
    ["an empty list, and an empty object", [], {}],
  ])("is not %s", (_, one, other) => {
    expect(sameContent(one, other)).toBe(false);
  });
});
