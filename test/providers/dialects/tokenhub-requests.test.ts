import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { type Asked, nothingAsked } from "../../../lib/keys/asked.ts";
import type { NativeCall } from "../../../lib/providers/dialect.ts";
import { tokenhubDialect } from "../../../lib/providers/tokenhub/dialect.ts";
import { tokenhubFacing } from "../../../lib/providers/tokenhub/facing.ts";
import { tokenhubNative } from "../../../lib/providers/tokenhub/native.ts";
import type { Key, Scope, TokenQuota } from "../../../lib/schemas/key.ts";
import * as tokenhub from "../../../lib/schemas/tokenhub.ts";

/** The strict request schemas come from the documentation, so that what passes them is what the service takes. */
const schemas: Readonly<Record<string, z.ZodType>> = {
  DescribeApiKeyList: tokenhub.describeApiKeyListRequest,
  ModifyApiKeyInfo: tokenhub.modifyApiKeyInfoRequest,
  ModifyApiKeyBindings: tokenhub.modifyApiKeyBindingsRequest,
  ModifyApiKeyStatus: tokenhub.modifyApiKeyStatusRequest,
  CreateApiKey: tokenhub.createApiKeyRequest,
  DescribeApiKey: tokenhub.describeApiKeyRequest,
  DeleteApiKey: tokenhub.deleteApiKeyRequest,
};
/** The action and its input, once the schema has taken it as it goes over the wire. */
const taken = (call: NativeCall | undefined): readonly [string, Record<string, unknown>] => {
  if (call?.surface !== "tencent") throw new Error("not a call of API 3.0");
  const input = JSON.parse(JSON.stringify(call.input));
  const schema = schemas[call.action];
  if (schema === undefined) throw new Error(`no schema of ${call.action}`);
  expect(schema.parse(input)).toEqual(input);
  return [call.action, input];
};

const keyOf = (asked: Asked, id: string): Key =>
  ({
    ...asked,
    provider: "p",
    id,
    preview: "sk-ab***wxyz",
    graceUntil: null,
    owner: { account: "1", team: null, createdBy: "1" },
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
    lastUsedAt: null,
    version: 1,
  }) as Key;

const id = fc.stringMatching(/^[\w-]{1,128}$/);
const offset = fc.integer({ min: 0, max: 1_000_000 });
const status = fc.constantFrom("enabled" as const, "disabled" as const);

const ids = fc.oneof(
  fc.constant("all" as const),
  fc.uniqueArray(fc.oneof(fc.stringMatching(/^ep-[a-z0-9]{8}$/), fc.stringMatching(/^[a-z0-9.-]{1,40}$/)), {
    minLength: 1,
    maxLength: 5,
  }),
);
const scope: fc.Arbitrary<Scope> = fc.record({ models: ids, endpoints: ids });
const sayable = ({ models, endpoints }: Scope): boolean => (models === "all") === (endpoints === "all");
const tokens = fc.bigInt({ min: 1n, max: 10n ** 13n }).map(String);
const startDay = fc.option(fc.integer({ min: 1, max: 31 }));
const quotas: fc.Arbitrary<TokenQuota[]> = fc
  .record({ day: fc.option(tokens), month: fc.option(tokens), lifetime: fc.option(tokens), startDay })
  .map(({ startDay, ...amounts }) =>
    (["day", "month", "lifetime"] as const).flatMap((cycle) => {
      const amount = amounts[cycle];
      return amount === null
        ? []
        : [{ cycle, tokens: amount, startDay: cycle === "month" ? startDay : null }];
    }),
  );
const ips = fc.uniqueArray(
  fc
    .tuple(fc.ipV4(), fc.option(fc.integer({ min: 0, max: 32 })))
    .map(([ip, bits]) => (bits === null ? ip : `${ip}/${bits}`)),
  { maxLength: 50 },
);
const wish = fc.record({
  description: fc.string({ unit: "grapheme", maxLength: 100 }),
  status,
  scope,
  ipAllowlist: ips,
  limits: quotas.map((tokenQuotas) => ({ tokenQuotas })),
});
type Wish = typeof wish extends fc.Arbitrary<infer Of> ? Of : never;

const facts = { material: undefined, random: randomBytes, now: new Date(), settings: {} };
const askedOf = (wanted: Wish, name = "n"): Asked =>
  tokenhubFacing.complete(nothingAsked, { ...wanted, name }, { ...facts, isNew: true });

/** A list as a set: order is nothing that these services keep. */
const set = (items: readonly unknown[]): readonly string[] =>
  items.map((item) => JSON.stringify(item)).sort();

const monthOf = ({ limits }: Wish): TokenQuota | undefined =>
  limits.tokenQuotas.find(({ cycle }) => cycle === "month");
const isStartDayMissing = (was: Wish, is: Wish): boolean =>
  monthOf(was) !== undefined && monthOf(is)?.startDay === null;

describe("requests to TokenHub pass its strict schemas", () => {
  it("of reads, of status and of removal, for any id and page", () => {
    fc.assert(
      fc.property(id, offset, status, (one, from, wanted) => {
        expect(taken(tokenhubDialect.list(from))[1]).toEqual({
          Platform: "maas",
          Limit: 100,
          Offset: from,
        });
        expect(taken(tokenhubDialect.read(one))[1].ApiKeyId).toBe(one);
        expect(taken(tokenhubDialect.setStatus?.(one, wanted))[1].Status).toBe(wanted.slice(0, -1));
        expect(taken(tokenhubDialect.remove?.(one))[0]).toBe("DeleteApiKey");
      }),
    );
  });

  it("of creation, with every field that was asked and none that was not", () => {
    const name = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 128 });
    fc.assert(
      fc.property(
        wish.filter(({ scope }) => sayable(scope)),
        name,
        (wanted, named) => {
          const asked = askedOf(wanted, named);
          const [, input] = taken(tokenhubDialect.create?.(asked, undefined));
          const month = asked.limits.tokenQuotas.find(({ cycle }) => cycle === "month");
          const sent = (input.Quotas ?? []) as readonly Record<string, unknown>[];
          expect(input.ApiKeyName).toBe(named);
          expect(input.Remark ?? "").toBe(wanted.description);
          expect(input.IpWhitelist ?? []).toEqual(wanted.ipAllowlist);
          expect(sent).toHaveLength(asked.limits.tokenQuotas.length);
          expect(sent.find(({ CycleUnit }) => CycleUnit === "m")?.MonthStartDay ?? null).toBe(
            month?.startDay ?? null,
          );
          for (const name of ["Remark", "IpWhitelist", "Quotas", "Bindings"]) {
            expect(input[name]).not.toEqual([]);
            expect(input[name]).not.toBe("");
          }
        },
      ),
    );
  });

  it("of a change, with only what differs, and nothing at all for the same in another order", () => {
    const possible = wish.filter(({ scope }) => sayable(scope));
    fc.assert(
      fc.property(possible, possible, id, (was, is, one) => {
        fc.pre(!isStartDayMissing(was, is));
        const before = keyOf(askedOf(was), one);
        const after = tokenhubFacing.complete(before, is, { ...facts, isNew: false });
        const calls = (tokenhubDialect.change?.(before, after) ?? []).map((call) => taken(call));
        const sent = Object.assign({}, ...calls.map(([, input]) => input));
        expect("Remark" in sent).toBe(was.description !== is.description);
        expect("IpWhitelist" in sent).toBe(String(set(was.ipAllowlist)) !== String(set(is.ipAllowlist)));
        expect("QuotasDesired" in sent).toBe(
          String(set(was.limits.tokenQuotas)) !== String(set(is.limits.tokenQuotas)),
        );
        expect("ApiKeyName" in sent).toBe(false);

        const native = tokenhubNative.parse(after.native);
        const turned: Asked = {
          ...after,
          ipAllowlist: after.ipAllowlist.toReversed(),
          limits: { ...after.limits, tokenQuotas: after.limits.tokenQuotas.toReversed() },
          native: { ...native, bindings: native.bindings.toReversed() },
        };
        expect(tokenhubDialect.change?.(keyOf(turned, one), after)).toEqual([]);
      }),
    );
  });

  it("but of a month that stays without its day, which no reply tells, is refused: its usage would begin anew", () => {
    const monthly = (tokens: string, startDay: number | null): Wish => ({
      description: "",
      status: "enabled",
      scope: { models: "all", endpoints: "all" },
      ipAllowlist: [],
      limits: {
        tokenQuotas: [
          { cycle: "day", tokens, startDay: null },
          { cycle: "month", tokens: "7", startDay },
        ],
      },
    });
    const before = keyOf(askedOf(monthly("1", null)), "an_id");
    expect(() => tokenhubDialect.change?.(before, askedOf(monthly("2", null)))).toThrow(
      expect.objectContaining({
        code: "field_missing",
        issues: [expect.objectContaining({ path: "limits.tokenQuotas.1.startDay" })],
      }),
    );
    const [call] = tokenhubDialect.change?.(before, askedOf(monthly("2", 15))) ?? [];
    expect(taken(call)[1].QuotasDesired).toContainEqual({
      CycleUnit: "m",
      CycleCredits: "7",
      MonthStartDay: 15,
    });
  });

  it("but a restriction of models alone or of endpoints alone is refused by name, before anything is sent", () => {
    fc.assert(
      fc.property(
        wish.filter(({ scope }) => !sayable(scope)),
        id,
        (wanted, one) => {
          const asked = askedOf(wanted);
          const before = keyOf(askedOf({ ...wanted, scope: { models: "all", endpoints: "all" } }), one);
          const refusal = expect.objectContaining({
            code: "unsupported",
            message: expect.stringContaining("`scope`"),
          });
          expect(() => tokenhubDialect.create?.(asked, undefined)).toThrow(refusal);
          expect(() => tokenhubDialect.change?.(before, asked)).toThrow(refusal);
          // A key that was bound so in the console can be changed otherwise.
          const calls = tokenhubDialect.change?.(keyOf(asked, one), { ...asked, description: "other words" });
          expect(calls?.map((call) => taken(call)[0])).toEqual(["ModifyApiKeyInfo"]);
        },
      ),
    );
  });
});
