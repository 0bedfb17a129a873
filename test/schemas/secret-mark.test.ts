import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { redact, scrub, secretField } from "../../lib/schemas/secret-mark.ts";

const schema = z.strictObject({
  name: z.string(),
  secret: secretField(z.string()).optional(),
  list: z.array(z.strictObject({ value: secretField(z.string()), size: z.int() })).optional(),
});

describe("redact", () => {
  it("hides what is marked and shows the rest", () => {
    const value = { name: "n", secret: "canary", list: [{ value: "canary", size: 1 }] };
    expect(redact(schema, value)).toEqual({
      name: "n",
      secret: "[redacted]",
      list: [{ value: "[redacted]", size: 1 }],
    });
  });

  it.each([
    ["an unknown field", { name: "n", sercet: "canary" }],
    ["an unknown field whose name is the secret", { canary: 1 }],
    ["a number where text should be", { name: 1, list: "canary" }],
    ["an object where text should be", { name: { canary: "canary" } }],
    ["a list where an object should be", ["canary"]],
    ["a bare text", "canary"],
  ])("hides %s", (_, value) => {
    expect(JSON.stringify(redact(schema, value))).not.toContain("canary");
  });

  it("hides a union with a marked option, whichever option fits", () => {
    const union = z.union([z.string(), secretField(z.string())]);
    expect(redact(union, "canary")).toBe("[redacted]");
  });

  it("shows of a field that is read further what the caller sent, unless either end is marked", () => {
    const count = z.string().transform(Number).pipe(z.int());
    expect(redact(z.object({ count: count.default(7) }), { count: "3" })).toEqual({ count: "3" });
    expect(redact(count, { count: "canary" })).toBe("[redacted]");
    const secret = secretField(z.string());
    const pipes = [
      secret.pipe(z.string()),
      z.string().pipe(secret),
      z.string().pipe(z.string().pipe(secret)),
    ];
    for (const pipe of pipes) expect(redact(pipe, "canary")).toBe("[redacted]");
    expect(redact(z.preprocess(String, z.string()), "canary")).toBe("[redacted]");
  });

  it("leaves no canary of an arbitrary value except at unmarked, described places", () => {
    const tree = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant("canary"),
        fc.array(tie("value")),
        fc.dictionary(fc.constantFrom("secret", "list", "value", "other"), tie("value")),
      ),
    })).value;
    fc.assert(
      fc.property(tree, (value) => {
        expect(JSON.stringify(redact(schema, value))).not.toContain("canary");
      }),
    );
  });
});

describe("scrub", () => {
  it("takes marked texts out of an error", () => {
    const input = { name: "a-public-name", secret: "a-secret-text" };
    expect(scrub("failed on a-secret-text of a-public-name", schema, input)).toBe(
      "failed on [redacted] of a-public-name",
    );
  });

  it("takes texts at unknown places out too", () => {
    expect(scrub("failed on a-secret-text", schema, { nmae: ["a-secret-text"] })).toBe(
      "failed on [redacted]",
    );
  });
});
