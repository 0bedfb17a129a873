import { describe, expect, it } from "vitest";
import * as z from "zod";
import { Refusal } from "../../lib/errors.ts";
import { unflatten } from "../../lib/schemas/flattened.ts";
import { createApiKeyRequest, describeApiKeyListRequest } from "../../lib/schemas/tokenhub.ts";

const read = (text: string): unknown =>
  unflatten(describeApiKeyListRequest, new Map(new URLSearchParams(text)));

describe("unflatten", () => {
  it("builds lists and objects from dotted names and numbers from their texts", () => {
    expect(
      read("Limit=5&Filters.0.Name=status&Filters.0.Values.0=a&Filters.0.Values.1=b&Filters.1.Name=x"),
    ).toEqual({
      Limit: 5,
      Filters: [{ Name: "status", Values: ["a", "b"] }, { Name: "x" }],
    });
  });

  it("takes a blank number for absent, as Node's SDK sends an unset one", () => {
    expect(read("Limit=&Offset=3")).toEqual({ Offset: 3 });
  });

  it("reads booleans in any case, as Python sends them, and leaves other texts to the schema", () => {
    const schema = z.strictObject({ A: z.boolean(), B: z.boolean(), C: z.boolean().optional() });
    const pairs = new Map([
      ["A", "True"],
      ["B", "false"],
      ["C", "yes"],
    ]);
    expect(unflatten(schema, pairs)).toEqual({ A: true, B: false, C: "yes" });
  });

  it("takes a blank for absent where no blank is allowed: lists, choices, names", () => {
    const blank = new Map(["ApiKeyName", "Status", "IpWhitelist", "Quotas"].map((name) => [name, ""]));
    expect(unflatten(createApiKeyRequest, blank)).toEqual({});
  });

  it("keeps a blank text", () => {
    expect(unflatten(createApiKeyRequest, new Map([["Remark", ""]]))).toEqual({ Remark: "" });
  });

  it("leaves a text that is no number to the schema", () => {
    expect(read("Limit=1e3")).toEqual({ Limit: "1e3" });
  });

  it.each([
    "Filters.1.Name=a",
    "Filters.0.Name=a&Filters.2.Name=b",
    "Filters.99999999999.Name=a",
    "Filters.x=1",
    "Filters=a&Filters.0.Name=b",
    "Filters.0.Name=b&Filters=a",
    `${"a.".repeat(20)}a=1`,
  ])("refuses %s", (text) => {
    expect(() => read(text)).toThrow(Refusal);
  });

  it("makes `__proto__` a name like any other", () => {
    const value = read("__proto__.polluted=1");
    expect(Object.keys(value as object)).toEqual(["__proto__"]);
    expect({}).not.toHaveProperty("polluted");
  });
});
