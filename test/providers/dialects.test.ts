import { describe, expect, it } from "vitest";
import type { Dialect } from "../../lib/providers/dialect.ts";
import { services } from "../../lib/providers/services.ts";
import type { AccountId } from "../../lib/schemas/key.ts";
import aione from "../vectors/samples/aione.json" with { type: "json" };
import apigateway from "../vectors/samples/apigateway.json" with { type: "json" };
import csip from "../vectors/samples/csip.json" with { type: "json" };
import tokenhub from "../vectors/samples/tokenhub.json" with { type: "json" };

/**
 * Replies as they are published, read by the clients of the real systems. The other tests of those let Keyway play the
 * real system, and both sides could share a mistake; these samples come from outside.
 */

const place = { provider: "p", account: "100000000001" as AccountId };
const samples: Readonly<Record<string, readonly { readonly source: string; readonly reply: object }[]>> = {
  tokenhub,
  apigateway,
  csip,
  aione,
};

/** Where the sample stands in a reply. */
const wrapped: Readonly<Record<string, (reply: object) => unknown>> = {
  tokenhub: (reply) => ({ ...reply, RequestId: "r" }),
  apigateway: (reply) => ({ Result: reply, RequestId: "r" }),
  csip: (reply) => ({ ...reply, RequestId: "r" }),
  aione: (reply) => reply,
};
const listed: Readonly<Record<string, (reply: object) => unknown>> = {
  tokenhub: (reply) => ({ ApiKeySet: [reply], TotalCount: 7, RequestId: "r" }),
  apigateway: (reply) => ({ Result: { TotalCount: 7, ApiKeySet: [reply] }, RequestId: "r" }),
  csip: (reply) => ({ Data: [reply], TotalCount: 7, RequestId: "r" }),
  aione: (reply) => ({ items: [reply], total: 7 }),
};
const empty: Readonly<Record<string, readonly unknown[]>> = {
  tokenhub: [
    { ApiKeySet: [], TotalCount: 0 },
    { ApiKeySet: null, TotalCount: 0 },
  ],
  apigateway: [
    { Result: { TotalCount: 0, ApiKeySet: [] } },
    { Result: { TotalCount: null, ApiKeySet: null } },
  ],
  csip: [
    { Data: [], TotalCount: 0 },
    { Data: null, TotalCount: 0 },
  ],
  aione: [{ items: [], total: 0 }, { items: [] }],
};

const all = services.map(({ profile, dialect }) => [profile.service, dialect] as const);

const at = <T>(table: Readonly<Record<string, T>>, service: string): T => {
  const found = table[service];
  if (found === undefined) throw new Error(`nothing of ${service}`);
  return found;
};

/** Every object in a reply, with what is in it. */
const objectsIn = (value: unknown): readonly Record<string, unknown>[] => {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner];
};

const parsed = (parse: () => unknown): string => {
  try {
    parse();
    return "read";
  } catch (error) {
    return String(error);
  }
};

describe.each(all)("replies of %s", (service, dialect: Dialect) => {
  const published = at(samples, service);

  it.each(published.map(({ source, reply }) => [source, reply] as const))(
    "%s: is read, alone and in a list",
    (_, reply) => {
      const one = dialect.key(at(wrapped, service)(reply), place);
      const list = dialect.listed(at(listed, service)(reply), place);
      expect(list.keys[0]?.key.id).toBe(one.key.id);
      expect(list.keys[0]?.key.name).toBe(one.key.name);
      expect(list.total).toBe(service === "aione" ? 1 : 7);
    },
  );

  it("with fields that are new are read all the same", () => {
    const [first] = published;
    const reply = structuredClone(at(wrapped, service)(first?.reply ?? {}));
    const known = dialect.key(reply, place);
    for (const object of objectsIn(reply)) object.NewField = { deep: [1] };
    expect(dialect.key(reply, place)).toEqual(known);
  });

  it("without a key are empty lists", () => {
    for (const reply of at(empty, service))
      expect(dialect.listed(reply, place)).toEqual({ keys: [], total: 0 });
  });

  it("that lack what is needed, or have it in another kind, are refused without a word of what was in them", () => {
    const [first] = published;
    const whole = at(wrapped, service)(first?.reply ?? {});
    // But for the words that a field is documented to have.
    const texts = objectsIn(whole).flatMap((object) =>
      Object.values(object).filter(
        (value): value is string =>
          typeof value === "string" && value.length > 8 && !value.startsWith("model_"),
      ),
    );
    for (const spoil of [
      (object: Record<string, unknown>, name: string) => delete object[name],
      (object: Record<string, unknown>, name: string) => Object.assign(object, { [name]: { not: "this" } }),
    ]) {
      let refused = 0;
      const count = objectsIn(whole).reduce((sum, object) => sum + Object.keys(object).length, 0);
      for (let spot = 0; spot < count; spot++) {
        const copy = structuredClone(whole);
        const fields = objectsIn(copy).flatMap((object) =>
          Object.keys(object).map((name) => [object, name] as const),
        );
        const [object, name] = fields[spot] ?? [{}, ""];
        spoil(object, name);
        const outcome = parsed(() => dialect.key(copy, place));
        if (outcome === "read") continue;
        refused += 1;
        for (const text of texts) expect(outcome).not.toContain(text);
      }
      expect(refused).toBeGreaterThan(5);
    }
    for (const reply of [null, undefined, [], "", { Result: null }, { Result: false }]) {
      expect(parsed(() => dialect.key(reply, place))).not.toBe("read");
      expect(parsed(() => dialect.listed(reply, place))).not.toBe("read");
    }
  });
});
