import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aioneDialect } from "../../../lib/providers/aione/dialect.ts";
import { apigatewayDialect } from "../../../lib/providers/apigateway/dialect.ts";
import { csipDialect } from "../../../lib/providers/csip/dialect.ts";
import type { Dialect } from "../../../lib/providers/dialect.ts";
import { services as registry } from "../../../lib/providers/services.ts";
import { tokenhubDialect } from "../../../lib/providers/tokenhub/dialect.ts";
import { type AccountId, key as canonical } from "../../../lib/schemas/key.ts";
import aione from "../../vectors/samples/aione.json" with { type: "json" };
import apigateway from "../../vectors/samples/apigateway.json" with { type: "json" };
import csip from "../../vectors/samples/csip.json" with { type: "json" };
import tokenhub from "../../vectors/samples/tokenhub.json" with { type: "json" };

/**
 * Replies as they are published, read by the clients of the real systems, and what each field of them may be by the
 * contracts. Other tests let Keyway play the real system, and both sides could share a mistake; these come from outside.
 */

const place = { provider: "p", account: "100000000001" as AccountId };
const canary = "canary-made-up-for-this-test";

interface Service {
  readonly dialect: Dialect;
  readonly samples: readonly { readonly source: string; readonly reply: object }[];
  /** The keys as a detail, and as a page of the list. */
  readonly one: (key: object) => object;
  readonly page: (keys: unknown, total: unknown) => object;
  /** Pages of a list without keys, besides `page([], 0)`. */
  readonly empty: readonly unknown[];
  /** A reply without these, or with null in their place, is whole: they are optional, or nothing that is used. */
  readonly optional: readonly string[];
}

const services: Readonly<Record<string, Service>> = {
  tokenhub: {
    dialect: tokenhubDialect,
    samples: tokenhub,
    one: (key) => key,
    page: (ApiKeySet, TotalCount) => ({ ApiKeySet, TotalCount }),
    empty: [{ ApiKeySet: null, TotalCount: 0 }],
    optional: [
      ...["Platform", "Remark", "Uin", "AppId", "Editable", "BindingItems", "IpWhitelist", "Creator"],
      ...["QuotaSet", "QuotaStatus", "QuotaSet.0.CycleUsed"],
    ],
  },
  apigateway: {
    dialect: apigatewayDialect,
    samples: apigateway,
    one: (Result) => ({ Result }),
    page: (ApiKeySet, TotalCount) => ({ Result: { ApiKeySet, TotalCount } }),
    empty: [{ Result: { ApiKeySet: null, TotalCount: null } }],
    optional: ["Tags"],
  },
  csip: {
    dialect: csipDialect,
    samples: csip,
    one: (key) => key,
    page: (Data, TotalCount) => ({ Data, TotalCount }),
    empty: [{ Data: null, TotalCount: 0 }],
    optional: ["CredentialEffectScope.Instances", "Access", "STS"],
  },
  aione: {
    dialect: aioneDialect,
    samples: aione,
    one: (key) => key,
    page: (items, total) => ({ items, total }),
    empty: [{ items: [] }],
    optional: [
      ...["org_id", "team_id", "key", "models_allowed", "rpm_limit", "tpm_limit", "allowed_ips"],
      ...["expires_at", "rotate_grace_until"],
    ],
  },
};

/** Paths of all fields in a value: `QuotaSet.0.CycleUnit`. */
const pathsIn = (value: unknown, before = ""): readonly string[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]) => {
        const path = `${before}${name}`;
        return [...(Array.isArray(value) ? [] : [path]), ...pathsIn(inner, `${path}.`)];
      });

/** Every object in a reply, with what is in it. */
const objectsIn = (value: unknown): readonly object[] => {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inner : [value, ...inner];
};

/** A copy in which one field is another value, or is not there at all. */
const spoilt = (value: object, path: string, by: unknown): object => {
  const copy = structuredClone(value);
  const names = path.split(".");
  const last = names.pop() ?? "";
  const holder = names.reduce<object>((inner, name) => Reflect.get(inner, name), copy);
  if (by === undefined) Reflect.deleteProperty(holder, last);
  else Reflect.set(holder, last, by);
  return copy;
};

const textsIn = (value: unknown): readonly string[] =>
  typeof value === "object" && value !== null
    ? Object.values(value).flatMap(textsIn)
    : typeof value === "string" && value.length > 8 && !value.startsWith("model_")
      ? [value]
      : [];

/** What the thrown error tells wherever it may be printed, or undefined for none. */
const complaint = (parse: () => unknown): string | undefined => {
  try {
    parse();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return `${(error as Error).message}\n${inspect(error, { depth: 9 })}`;
  }
};

it("those of every service are here", () => {
  expect(Object.keys(services)).toEqual(registry.map(({ profile }) => profile.service));
});

describe.each(Object.entries(services))("a reply of %s", (_, service) => {
  const { dialect, samples, one, page, empty, optional } = service;
  const cases = samples.flatMap(({ reply }) => pathsIn(reply).map((path) => [path, reply] as const));

  it.each(samples)("$source: is read as a whole canonical key", ({ reply }) => {
    const { keys } = dialect.listed(page([reply], 1), place);
    const { key: detail } = dialect.key(one(reply), place);
    for (const { key } of [{ key: detail }, ...keys]) expect(canonical.parse(key)).toEqual(key);
    expect(keys.map(({ key }) => [key.id, key.name])).toEqual([[detail.id, detail.name]]);
  });

  it.each(samples)("$source: with fields that are new is read all the same", ({ reply }) => {
    const whole = structuredClone(one(reply));
    const known = dialect.key(whole, place);
    for (const object of objectsIn(whole)) Reflect.set(object, "NewField", { deep: [1] });
    expect(dialect.key(whole, place)).toEqual(known);
  });

  it.each(cases)(
    "without %s, or with null for it, is read where that is documented, and only there",
    (path, reply) => {
      for (const by of [undefined, null]) {
        const broken = spoilt(reply, path, by);
        const told = complaint(() => dialect.key(one(broken), place));
        const toldOfList = complaint(() => dialect.listed(page([broken], 1), place));
        if (optional.includes(path)) {
          expect(told).toBeUndefined();
          expect(toldOfList).toBeUndefined();
          expect(canonical.safeParse(dialect.key(one(broken), place).key).success).toBe(true);
          continue;
        }
        const name = path.split(".").at(-1) ?? "";
        expect(told).toContain(`"${name}"`);
        for (const text of textsIn(broken)) expect(told).not.toContain(text);
        // A list's rows tell less, so that a part of the detail alone may be anything there.
        if (toldOfList === undefined) expect(["Access", "STS"]).toContain(path.split(".")[0]);
        else for (const text of textsIn(broken)) expect(toldOfList).not.toContain(text);
      }
    },
  );

  it.each(cases)(
    "with something else for %s is refused without a word of it, or makes a whole key",
    (path, reply) => {
      for (const by of [canary, { [canary]: canary }, [canary], [{ a: canary }], -1, 0, 1.5, true, ""]) {
        const broken = spoilt(reply, path, by);
        for (const read of [
          () => [dialect.key(one(broken), place)],
          () => dialect.listed(page([broken], 1), place).keys,
        ]) {
          const told = complaint(read);
          if (told === undefined) {
            for (const { key } of read()) expect(canonical.safeParse(key).success).toBe(true);
          } else {
            expect(told).toContain(`"${path.split(".").at(-1)}"`);
            expect(told).not.toContain(canary);
          }
        }
      }
    },
  );

  it("that is no such reply at all is refused", () => {
    const others = fc.oneof(
      fc.constantFrom(
        null,
        undefined,
        true,
        false,
        [],
        {},
        { Result: null },
        { Result: false },
        { Result: true },
      ),
      fc.anything(),
    );
    fc.assert(
      fc.property(others, (reply) => {
        expect(complaint(() => dialect.key(reply, place))).toBeDefined();
        expect(complaint(() => dialect.listed(reply, place))).toBeDefined();
        if (dialect.created) expect(complaint(() => dialect.created?.(reply, place))).toBeDefined();
        if (dialect.rotated) expect(complaint(() => dialect.rotated?.(reply, place))).toBeDefined();
      }),
    );
  });

  it("that is a list counts what is all, and one without a count is not taken for all", () => {
    const [{ reply } = { reply: {} }] = samples;
    const isCounted = dialect !== aioneDialect;
    expect(dialect.listed(page([reply], 77), place).total).toBe(isCounted ? 77 : 1);
    for (const none of [page([], 0), ...empty])
      expect(dialect.listed(none, place)).toEqual({ keys: [], total: 0 });
    for (const total of [null, undefined, -1, 1.5, canary]) {
      const told = complaint(() => dialect.listed(page([reply], total), place));
      if (!isCounted) expect(told).toBeUndefined();
      else {
        expect(told).toContain("TotalCount");
        expect(told).not.toContain(canary);
      }
    }
  });
});
