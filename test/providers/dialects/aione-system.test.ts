import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Asked, applyWish, nothingAsked, type Wish } from "../../../lib/keys/asked.ts";
import { aioneDialect } from "../../../lib/providers/aione/dialect.ts";
import type { NativeCall } from "../../../lib/providers/dialect.ts";
import type { WireKey } from "../../../lib/providers/from-wire.ts";
import { key as canonical } from "../../../lib/schemas/key.ts";
import { callFacade } from "../../support/facade.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";

/** The dialect's calls, sent to a Keyway that plays AIone. */

const place = { provider: "real", account: rootAccount };
const { list, listed, read, key, create, created, change, setStatus, rotate, rotated, remove } = aioneDialect;
if (!create || !created || !change || !setStatus || !rotate || !rotated || !remove) {
  throw new Error("a call is missing");
}

let real: TestKeyway;
beforeAll(async () => {
  real = await startKeyway();
});
afterAll(() => real.stop());

const reply = (call: NativeCall) => {
  if (call.surface !== "rest") throw new Error("not a call of a REST service");
  return callFacade(real, call.method, call.path, call.body === undefined ? {} : { body: call.body });
};
const ask = async (call: NativeCall): Promise<unknown> => {
  const { status, body } = await reply(call);
  expect(status).toBe(200);
  return body;
};

const complete = (wish: Wish): Asked => applyWish(nothingAsked, { name: "a key", ...wish });
const readKey = async (id: string): Promise<WireKey> => key(await ask(read(id)), place);
const make = async (wish: Wish = {}): Promise<WireKey> => {
  const made = created(await ask(create(complete(wish), undefined)), place);
  if (made.key === undefined) throw new Error("the reply tells of the key");
  expect(made.key.key.id).toBe(made.id);
  return made.key;
};
const secretOf = ({ material }: WireKey): string => {
  if (material?.kind !== "token") throw new Error("no token");
  return material.value.expose();
};

const comparable = ({ owner, ...asked }: Asked) => ({
  name: asked.name,
  status: asked.status,
  scope: asked.scope,
  ipAllowlist: asked.ipAllowlist,
  limits: asked.limits,
  sandbox: asked.sandbox,
  expiresAt: asked.expiresAt,
  team: owner.team,
});

const whole: Wish = {
  name: "every field",
  owner: { team: "810007d0-bec5-486c-b5d1-28fcd8a079ba" },
  scope: { models: ["gpt-5.4", "claude-sonnet-4-6"] },
  ipAllowlist: ["10.0.0.0/8", "2001:db8::/32"],
  limits: { requestsPerMinute: 60, tokensPerMinute: 2_147_483_647 },
  sandbox: true,
  expiresAt: "2099-08-24T14:15:22.123Z",
};

describe("a key of AIone", () => {
  it.each([
    ["with nothing but a name", {}],
    ["with every field", whole],
  ] as const)("%s: is answered with its secret and read without, as it was asked for", async (_, wish) => {
    const made = await make(wish);
    expect(secretOf(made)).toMatch(/^sk-nex-\w+$/);
    const { material: _secret, ...rest } = made;
    const seen = await readKey(made.key.id);
    expect(seen).toEqual(rest);
    expect(canonical.parse(seen.key)).toEqual(seen.key);
    expect(comparable(seen.key)).toEqual(comparable(complete(wish)));
  });

  it("is changed in every field and cleared of all, and then there is nothing left to change", async () => {
    const { id } = (await make()).key;
    const { owner, sandbox, expiresAt, ...changeable } = whole;
    const { scope, ipAllowlist } = nothingAsked;
    const limits = { requestsPerMinute: null, tokensPerMinute: null };
    for (const wish of [changeable, { scope, ipAllowlist, limits }]) {
      const before = (await readKey(id)).key;
      const after = applyWish(before, wish);
      const calls = change(before, after);
      expect(calls).toHaveLength(1);
      for (const call of calls) await ask(call);
      const seen = (await readKey(id)).key;
      expect(comparable(seen)).toEqual(comparable(after));
      expect(change(seen, after)).toEqual([]);
    }
  });

  it("is disabled, enabled and removed", async () => {
    const { id } = (await make()).key;
    for (const status of ["disabled", "enabled"] as const) {
      expect(key(await ask(setStatus(id, status)), place).key.status).toBe(status);
      expect((await readKey(id)).key.status).toBe(status);
    }
    expect(await reply(remove(id))).toMatchObject({ status: 204, body: undefined });
    expect((await reply(read(id))).status).toBe(404);
  });

  it("gets a new secret, keeps its id, and says how long the old one works", async () => {
    const made = await make(whole);
    const renewed = rotated(await ask(rotate(made.key.id, undefined)), place);
    if (renewed.key === undefined) throw new Error("the reply tells of the key");
    expect(secretOf(renewed)).not.toBe(secretOf(made));
    expect(comparable(renewed.key)).toEqual(comparable(made.key));
    expect(renewed.key.id).toBe(made.key.id);
    expect(Date.parse(renewed.key.graceUntil ?? "")).toBeGreaterThan(Date.now());
    expect((await readKey(made.key.id)).key.graceUntil).toBe(renewed.key.graceUntil);
  });

  it("is in the list, which is one page however many there are", async () => {
    await Promise.all(Array.from({ length: 120 }, () => make()));
    const { keys, total } = listed(await ask(list(0)), place);
    expect(total).toBe(keys.length);
    expect(new Set(keys.map(({ key }) => key.id)).size).toBe(total);
    expect(total).toBeGreaterThanOrEqual(120);
    for (const { key, material } of keys) {
      expect(canonical.parse(key)).toEqual(key);
      expect(material).toBeUndefined();
    }
  });
});
