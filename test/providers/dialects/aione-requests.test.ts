import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Asked, nothingAsked } from "../../../lib/keys/asked.ts";
import { aioneDialect } from "../../../lib/providers/aione/dialect.ts";
import type { NativeCall } from "../../../lib/providers/dialect.ts";
import { createKeyRequest, keyRequest, updateKeyRequest } from "../../../lib/schemas/aione.ts";
import type { Key } from "../../../lib/schemas/key.ts";

const base = "/api/v1/gateway/keys";

interface Rest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}
const rest = (call: NativeCall | undefined): Rest => {
  if (call?.surface !== "rest") throw new Error("not a call of a REST service");
  const { method, path, body } = call;
  return { method, path, body: body === undefined ? undefined : JSON.parse(JSON.stringify(body)) };
};

const list = <Of>(of: fc.Arbitrary<Of>, minLength: number) => fc.uniqueArray(of, { minLength, maxLength: 5 });
const limit = fc.option(fc.integer({ min: 1, max: 2_147_483_647 }));
const models = fc.oneof(
  fc.constant("all" as const),
  list(fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }), 1),
);
const time = fc
  .date({ min: new Date("2030-01-01"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
  .map((date) => date.toISOString());
const asked: fc.Arbitrary<Asked> = fc
  .record({
    name: fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 255 }),
    team: fc.option(fc.uuid()),
    models,
    ipAllowlist: list(
      fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant("10.0.0.0/8"), fc.constant("2001:db8::/32")),
      0,
    ),
    requestsPerMinute: limit,
    tokensPerMinute: limit,
    sandbox: fc.boolean(),
    expiresAt: fc.option(time),
  })
  .map(({ team, models, requestsPerMinute, tokensPerMinute, ...more }) => ({
    ...nothingAsked,
    ...more,
    scope: { models, endpoints: "all" },
    limits: { requestsPerMinute, tokensPerMinute, tokenQuotas: [] },
    owner: { team },
  }));

const keyOf = (of: Asked, id: string): Key =>
  ({
    ...of,
    provider: "p",
    id,
    preview: "sk-nex-AbCd",
    graceUntil: null,
    owner: { ...of.owner, account: "1", createdBy: "" },
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
    lastUsedAt: null,
    version: 1,
  }) as Key;

const orNull = (items: readonly string[]) => (items.length === 0 ? null : items);
const bodyOf = ({ scope, ipAllowlist, limits }: Asked) => ({
  models_allowed: scope.models === "all" ? null : scope.models,
  allowed_ips: orNull(ipAllowlist),
  rpm_limit: limits.requestsPerMinute,
  tpm_limit: limits.tokensPerMinute,
});
const sorted = (value: unknown): string => JSON.stringify(Array.isArray(value) ? value.toSorted() : value);

describe("requests to AIone pass its schemas, which drop nothing of them", () => {
  it("of creation: null for no restriction", () => {
    fc.assert(
      fc.property(asked, (wanted) => {
        const { method, path, body } = rest(aioneDialect.create?.(wanted, undefined));
        expect([method, path]).toEqual(["POST", base]);
        expect(createKeyRequest.parse({ path: {}, body }).body).toEqual(body);
        expect(body).toEqual({
          name: wanted.name,
          team_id: wanted.owner.team,
          is_sandbox: wanted.sandbox,
          expires_at: wanted.expiresAt,
          ...bodyOf(wanted),
        });
      }),
    );
  });

  it("of a change: only the fields that differ, and null clears", () => {
    fc.assert(
      fc.property(asked, asked, fc.uuid(), (was, is, id) => {
        const calls = aioneDialect.change?.(keyOf(was, id), is) ?? [];
        const [before, after] = [
          { name: was.name, ...bodyOf(was) },
          { name: is.name, ...bodyOf(is) },
        ];
        const differing = Object.fromEntries(
          Object.entries(after).filter(
            ([name, value]) => sorted(value) !== sorted(before[name as keyof typeof before]),
          ),
        );
        const isSame = Object.keys(differing).length === 0;
        expect(calls.map(rest)).toEqual(
          isSame ? [] : [{ method: "PUT", path: `${base}/${id}`, body: differing }],
        );
        expect(updateKeyRequest.parse({ path: { key_id: id }, body: differing }).body).toEqual(differing);
      }),
    );
  });

  it("of a change of nothing, or of the order of a list, none at all", () => {
    fc.assert(
      fc.property(asked, fc.uuid(), (one, id) => {
        const { models } = one.scope;
        const turned: Asked = {
          ...one,
          scope: { ...one.scope, models: models === "all" ? models : models.toReversed() },
          ipAllowlist: one.ipAllowlist.toReversed(),
        };
        expect(aioneDialect.change?.(keyOf(turned, id), one)).toEqual([]);
      }),
    );
  });

  it("of all others: a method, a path with the id, and no body", () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        keyRequest.parse({ path: { key_id: id } });
        expect(
          [
            aioneDialect.list(0),
            aioneDialect.read(id),
            aioneDialect.setStatus?.(id, "enabled"),
            aioneDialect.setStatus?.(id, "disabled"),
            aioneDialect.rotate?.(id, undefined),
            aioneDialect.remove?.(id),
          ].map((call) => Object.values(rest(call)).join(" ").trim()),
        ).toEqual([
          `GET ${base}`,
          `GET ${base}/${id}`,
          `PUT ${base}/${id}/enable`,
          `PUT ${base}/${id}/disable`,
          `PUT ${base}/${id}/rotate`,
          `DELETE ${base}/${id}`,
        ]);
      }),
    );
  });

  it("and no id leads out of its path: it stands there encoded, or is not found", () => {
    const ids = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(".", "..", "../../models", "a/b", "a%2Fb", "a?b", "a#b", ""),
    );
    fc.assert(
      fc.property(ids, (id) => {
        for (const call of [
          () => aioneDialect.read(id),
          () => aioneDialect.remove?.(id),
          () => aioneDialect.setStatus?.(id, "enabled"),
          () => aioneDialect.rotate?.(id, undefined),
        ]) {
          let path: string;
          try {
            path = rest(call()).path;
          } catch (error) {
            expect(error).toMatchObject({ code: "not_found" });
            continue;
          }
          const url = new URL(path, "https://real.test");
          expect(url.search + url.hash).toBe("");
          const [first = ""] = url.pathname.slice(base.length + 1).split("/");
          expect(url.pathname.startsWith(`${base}/`)).toBe(true);
          expect(decodeURIComponent(first)).toBe(id);
        }
      }),
    );
  });
});
