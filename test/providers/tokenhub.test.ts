import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toFilter } from "../../lib/providers/tokenhub/codec.ts";
import { apiKeyOf, maskApiKey, tokenhubProfile } from "../../lib/providers/tokenhub/profile.ts";
import { packagesFor, toQuotas } from "../../lib/providers/tokenhub/quotas.ts";
import { fromScope, toScope } from "../../lib/providers/tokenhub/scope.ts";
import { chinaTime } from "../../lib/providers/tokenhub/time.ts";

const letters = fc.string({ unit: fc.constantFrom(..."abcXYZ019"), minLength: 48, maxLength: 48 });

describe("the mask", () => {
  it("has the shape of the documentation's sample", () => {
    expect(maskApiKey(`sk-2b${"x".repeat(42)}3sQc`)).toBe("sk-2b***3sQc");
  });

  it("never shows more than the first five and last four characters, whatever lies between", () => {
    fc.assert(
      fc.property(letters, letters, (one, other) => {
        const masked = maskApiKey(`sk-${one}`);
        expect(masked).toHaveLength(12);
        const between = `sk-${one.slice(0, 2)}${other.slice(2, 44)}${one.slice(44)}`;
        expect(maskApiKey(between)).toBe(masked);
      }),
    );
  });
});

describe("ids and secrets", () => {
  it("have the form of real keys", () => {
    const { id, material } = tokenhubProfile.issue(randomBytes, new Date("2026-06-30T16:00:00Z"), undefined);
    expect(id).toMatch(/^ak-20260701-[0-9a-f]{32}$/); // already the next day in China
    expect(apiKeyOf(material).expose()).toMatch(/^sk-[0-9A-Za-z]{48}$/);
  });
});

it("China time agrees with the platform's own calendar", () => {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: "Asia/Shanghai",
    dateStyle: "short",
    timeStyle: "medium",
  });
  // After 1992, since when China has had one offset without summer time.
  const recent = fc.date({ min: new Date("1992-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(recent, (at) => {
      expect(chinaTime(at)).toBe(format.format(at));
    }),
  );
});

describe("scope", () => {
  it.each([
    "all",
    "model_all_endpoint_custom",
    "model_custom_endpoint_all",
    "model_custom_endpoint_custom",
  ] as const)("%s comes back as it went", (bindType) => {
    const bindings = [{ ResourceId: "ep-12345678", ResourceType: "endpoint" } as const];
    expect(fromScope(toScope(bindType, bindings))).toBe(bindType);
  });

  it("an endpoint named by a model's id grants that model, a custom endpoint does not", () => {
    const bindings = [
      { ResourceId: "deepseek-v3.2", ResourceType: "endpoint" },
      { ResourceId: "ep-12345678", ResourceType: "endpoint" },
      { ResourceId: "hunyuan", ResourceType: "model" },
      { ResourceId: "hunyuan", ResourceType: "endpoint" },
    ] as const;
    expect(toScope("model_custom_endpoint_custom", bindings)).toEqual({
      models: ["deepseek-v3.2", "hunyuan"],
      endpoints: ["deepseek-v3.2", "ep-12345678", "hunyuan"],
    });
  });
});

describe("a filter on a field with few values", () => {
  const native = ["enable", "disable"];
  const op = fc.constantFrom("EXACT" as const, "FUZZY" as const, "NOT" as const);
  const values = fc.array(fc.constantFrom("enable", "disable", "able", "EN", "x", ""), {
    minLength: 1,
    maxLength: 3,
  });

  it("matches exactly the values that the words of the operator say", () => {
    fc.assert(
      fc.property(op, values, (Op, Values) => {
        const filter = toFilter({ Name: "status", Op, Values });
        const wanted = native.filter((status) => {
          if (Op === "EXACT") return Values.some((value) => value === status);
          if (Op === "NOT") return Values.every((value) => value !== status);
          return Values.some((value) => new RegExp(value, "i").test(status));
        });
        expect(filter).toEqual({
          field: "status",
          op: "equals",
          values: wanted.map((status) => `${status}d`),
        });
      }),
    );
  });

  it("on the platform holds for all keys or for none", () => {
    expect(toFilter({ Name: "platform", Op: "EXACT", Values: ["maas"] })).toEqual({
      field: "id",
      op: "not",
      values: [],
    });
    expect(toFilter({ Name: "platform", Op: "NOT", Values: ["maas"] })).toEqual({
      field: "id",
      op: "equals",
      values: [],
    });
  });
});

describe("quotas", () => {
  const now = new Date("2026-07-01T00:00:00Z");
  const nothing = { quotas: [], packages: [] };

  it("lose leading zeros, keep every digit, and default to the first day of the month", () => {
    expect(toQuotas([{ CycleUnit: "m", CycleCredits: "0010000000000000" }])).toEqual([
      { cycle: "month", tokens: "10000000000000", startDay: 1 },
    ]);
  });

  it("keep the package of a unit that stays, also with another amount", () => {
    const before = toQuotas([
      { CycleUnit: "d", CycleCredits: "1" },
      { CycleUnit: "m", CycleCredits: "1", MonthStartDay: 2 },
    ]);
    const packages = packagesFor(before, nothing, randomBytes, now);
    const after = toQuotas([
      { CycleUnit: "m", CycleCredits: "1", MonthStartDay: 3 },
      { CycleUnit: "d", CycleCredits: "9" },
    ]);
    const next = packagesFor(after, { quotas: before, packages }, randomBytes, now);
    expect(next.map(({ cycle }) => cycle)).toEqual(["month", "day"]);
    expect(next[1]).toEqual(packages[0]);
    expect(next[0]?.pkgId).not.toBe(packages[1]?.pkgId);
  });
});
