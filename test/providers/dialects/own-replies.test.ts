import { describe, expect, it } from "vitest";
import { aioneDialect } from "../../../lib/providers/aione/dialect.ts";
import { apigatewayDialect } from "../../../lib/providers/apigateway/dialect.ts";
import { tokenhubDialect } from "../../../lib/providers/tokenhub/dialect.ts";
import type { AccountId } from "../../../lib/schemas/key.ts";
import aione from "../../vectors/samples/aione.json" with { type: "json" };
import tokenhub from "../../vectors/samples/tokenhub.json" with { type: "json" };

/** What is peculiar to the replies of one service. */

const place = { provider: "p", account: "100000000001" as AccountId };

describe("a rotation's reply of AIone", () => {
  const [, { reply } = { reply: {} }] = aione;
  const secret = "sk-nex-NewNewNewNewNewNewNewNewNewNew";
  const end = "2029-01-01T00:00:00.000Z";

  it.each([
    ["`key`", { key: secret, rotate_grace_until: end }],
    ["`new_key`", { key: null, new_key: secret, grace_until: end }],
    ["`new_key`, beside a masked `key`", { key: "sk-nex-New...New", new_key: secret, grace_expires_at: end }],
    ["a `key` inside `new_key`", { key: undefined, new_key: { key: secret }, old_key_expires_at: end }],
    ["`api_key`", { key: undefined, api_key: secret, rotate_grace_until: end }],
  ])("may have the new secret under %s", (_, more) => {
    const seen = aioneDialect.rotated?.({ ...reply, expires_at: "2099-01-01T00:00:00Z", ...more }, place);
    if (seen?.key === undefined || seen.material?.kind !== "token") throw new Error("no key and secret");
    expect(seen.material.value.expose()).toBe(secret);
    expect(seen.key.graceUntil).toBe(end);
    expect(seen.key.expiresAt).toBe("2099-01-01T00:00:00.000Z");
  });

  it.each([
    ["`key`", { id: "k", key: secret }],
    ["`new_key`", { new_key: secret, grace_until: end }],
    [
      "`api_key`, where the rest is of another form",
      { ...reply, created_at: "lately", key: null, api_key: secret },
    ],
  ])("may tell of nothing but the new secret, under %s", (_, told) => {
    const seen = aioneDialect.rotated?.(told, place);
    expect(seen?.key).toBeUndefined();
    if (seen?.material?.kind !== "token") throw new Error("no secret");
    expect(seen.material.value.expose()).toBe(secret);
  });

  it("that tells neither cannot be read", () => {
    for (const told of [{}, { id: "k" }, { key: "sk-nex-New...New" }, { key: "other" }, [], null, "text"]) {
      expect(() => aioneDialect.rotated?.(told, place)).toThrow();
    }
  });

  it("without a clear secret has no material", () => {
    for (const more of [{ key: null }, { key: "sk-nex-New...New" }, { key: "***", new_key: {} }]) {
      expect(aioneDialect.rotated?.({ ...reply, ...more }, place).material).toBeUndefined();
    }
  });
});

describe("an unknown state of AIone", () => {
  it("does not pass for a key that works", () => {
    for (const status of ["expired", "revoked", "rotating", ""]) {
      const reply = { ...aione[0]?.reply, status };
      expect(aioneDialect.key(reply, place).key.status).toBe("disabled");
    }
  });
});

describe("a quota of TokenHub", () => {
  it("whose package is destroyed is none", () => {
    const reply = structuredClone(tokenhub[0]?.reply ?? {}) as { QuotaSet: Record<string, unknown>[] };
    const [active = {}] = reply.QuotaSet;
    reply.QuotaSet.unshift({ ...active, Status: 4, CycleCredits: "5" });
    const { key } = tokenhubDialect.key(reply, place);
    expect(key.limits.tokenQuotas).toEqual([{ cycle: "day", tokens: "1000000", startDay: null }]);
  });
});

describe("a reply of API Gateway", () => {
  it("whose `Result` is null or false is a failure that calls itself a success, and is told as one", () => {
    const { key, listed, created, rotated } = apigatewayDialect;
    for (const Result of [null, false, true, undefined]) {
      for (const parse of [key, listed, created, rotated]) {
        expect(() => parse?.({ Result, RequestId: "r" }, place)).toThrow(
          /^\[\s*\{[^}]*"path": \[\s*"Result"/,
        );
      }
    }
  });
});
