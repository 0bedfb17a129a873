import { describe, expect, it } from "vitest";
import * as z from "zod";
import { actions } from "../../functions/actions.ts";
import { operations } from "../../functions/operations.ts";
import { profiles } from "../../lib/providers/profiles.ts";
import { createKeyBody, listKeysQuery, rotateKeyBody } from "../../lib/schemas/facade.ts";
import { InputFault, parseInput } from "../../lib/schemas/issues.ts";

const said = (schema: z.ZodType, input: unknown): readonly string[] => {
  try {
    parseInput(schema, input);
    return [];
  } catch (error) {
    if (error instanceof InputFault) return error.issues.map(({ message }) => message);
    throw error;
  }
};

describe("a refusal says which rule was broken", () => {
  const key = { provider: "aione", name: "n" };
  it.each<[string, z.ZodType, unknown, string]>([
    [
      "of a name",
      createKeyBody,
      { ...key, provider: "AIone" },
      "The parameter `provider` must be the name of a provider: a lower-case letter, then up to 62 of lower-case letters, digits and `-`.",
    ],
    [
      "of one letter",
      createKeyBody,
      { ...key, name: "" },
      "The parameter `name` must have at least 1 character.",
    ],
    [
      "of a bound that is not taken itself",
      createKeyBody,
      { ...key, limits: { requestsPerMinute: 0 } },
      "The parameter `limits.requestsPerMinute` must be more than 0.",
    ],
    ["of a bound that is", rotateKeyBody, { grace: -1 }, "The parameter `grace` must be at least 0."],
    [
      "of a time",
      createKeyBody,
      { ...key, expiresAt: "tomorrow" },
      "The parameter `expiresAt` must be a time of RFC 3339 with its offset, like `2027-01-31T12:00:00Z`.",
    ],
    [
      "of an amount",
      createKeyBody,
      { ...key, limits: { tokenQuotas: [{ cycle: "day", tokens: "many", startDay: null }] } },
      'The parameter `limits.tokenQuotas.0.tokens` must be a whole number above 0, as a text of digits: `"1000"`.',
    ],
    [
      "of a kind",
      createKeyBody,
      { ...key, material: { kind: "x" } },
      "The parameter `material.kind` must be one of `token`, `pair`, `fields`, `sts`.",
    ],
    [
      "of one word or a list",
      createKeyBody,
      { ...key, scope: { models: "none" } },
      "The parameter `scope.models` must be `all` or an Array.",
    ],
    [
      "of a tag's name",
      createKeyBody,
      { ...key, tags: { "": "x" } },
      "The parameter `tags.?` has a name that must have at least 1 character.",
    ],
    [
      "of a page",
      listKeysQuery,
      { limit: "0" },
      "The parameter `limit` must be a whole number from 1 to 100.",
    ],
  ])("%s", (_, schema, input, message) => {
    expect(said(schema, input)).toEqual([message]);
  });
});

/** A schema and all schemas in it. */
const within = (value: unknown, seen: Set<unknown>): readonly z.ZodType[] => {
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  if (value instanceof z.ZodType) return [value, ...within(value.def, seen)];
  return Object.values(value).flatMap((one) => within(one, seen));
};

it("every pattern that a caller's text must fit has words for it", () => {
  const seen = new Set();
  const roots = [
    ...operations.map(({ input }) => input),
    ...actions.map(({ request }) => request),
    ...profiles.flatMap(({ native, fields }) => [native, fields]),
  ];
  // A control character, which none of them takes.
  const found = roots
    .flatMap((root) => within(root, seen))
    .filter((schema) => schema instanceof z.ZodString)
    .flatMap((schema) => schema.safeParse("\u0000").error?.issues ?? [])
    .filter((issue) => issue.code === "invalid_format" && issue.format === "regex");
  expect(found.length).toBeGreaterThan(8);
  for (const { message } of found) expect(message).toMatch(/^must .+\.$/);
});
