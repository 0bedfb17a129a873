import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Asked, nothingAsked, type Wish } from "../../../lib/keys/asked.ts";
import type { NativeCall } from "../../../lib/providers/dialect.ts";
import type { WireKey } from "../../../lib/providers/from-wire.ts";
import { tokenhubDialect } from "../../../lib/providers/tokenhub/dialect.ts";
import { tokenhubFacing } from "../../../lib/providers/tokenhub/facing.ts";
import { tokenhubNative } from "../../../lib/providers/tokenhub/native.ts";
import { key as canonical } from "../../../lib/schemas/key.ts";
import { callFacade } from "../../support/facade.ts";
import { rootAccount, startKeyway, type TestKeyway, temporaryFolder } from "../../support/keyway.ts";
import { sendSigned } from "../../support/raw.ts";

/** The dialect's calls, sent to a Keyway that plays TokenHub. */

const place = { provider: "real", account: rootAccount };
const { list, listed, read, key, create, created, change, setStatus, remove } = tokenhubDialect;
if (!create || !created || !change || !setStatus || !remove) throw new Error("the dialect lacks a call");

let real: TestKeyway;
beforeAll(async () => {
  const folder = temporaryFolder();
  const config = join(folder, "keyway.json");
  // Of the service's own fifty keys, a list has one page only.
  writeFileSync(config, JSON.stringify({ providers: { tokenhub: { service: "tokenhub", keysMax: 300 } } }));
  real = await startKeyway({ folder, env: { KEYWAY_CONFIG: config } });
});
afterAll(() => real.stop());

const reply = async (call: NativeCall): Promise<{ readonly code: string; readonly response: unknown }> => {
  if (call.surface !== "tencent") throw new Error("not a call of API 3.0");
  const { code, text } = await sendSigned(real, call.action, JSON.stringify(call.input));
  return { code, response: JSON.parse(text).Response };
};
const ask = async (call: NativeCall): Promise<unknown> => {
  const { code, response } = await reply(call);
  expect(code).toBe("ok");
  return response;
};

const facts = { material: undefined, random: randomBytes, now: new Date(), settings: {} };
const complete = (wish: Wish): Asked =>
  tokenhubFacing.complete(nothingAsked, { name: "a key", ...wish }, { ...facts, isNew: true });
const readKey = async (id: string): Promise<WireKey> => key(await ask(read(id)), place);
const make = async (wish: Wish): Promise<string> => {
  const { id, key } = created(await ask(create(complete(wish), undefined)), place);
  expect(key).toBeUndefined();
  return id;
};

/** What a reply can tell of what was asked: the start day of a month is in none, and ids of packages are drawn. */
const comparable = ({ name, description, status, scope, ipAllowlist, limits, native }: Asked) => ({
  name,
  description,
  status,
  scope,
  ipAllowlist,
  limits: { ...limits, tokenQuotas: limits.tokenQuotas.map((quota) => ({ ...quota, startDay: null })) },
  bindings: tokenhubNative.parse(native).bindings,
});

const whole: Wish = {
  name: "every field",
  description: "备注 of a key",
  status: "disabled",
  scope: { models: ["deepseek-v3"], endpoints: ["ep-a1b2c3d4"] },
  ipAllowlist: ["10.0.0.0/24", "192.0.2.7"],
  limits: {
    tokenQuotas: [
      { cycle: "day", tokens: "100000", startDay: null },
      { cycle: "month", tokens: "10000000000000", startDay: 15 },
      { cycle: "lifetime", tokens: "1", startDay: null },
    ],
  },
};

/** As its requests ask for. */
const pageSize = 100;

describe("a key of TokenHub", () => {
  it.each([
    ["with nothing but a name", {}],
    ["with every field", whole],
    ["bound to models", { scope: { models: ["m1", "m2"], endpoints: [] } }],
  ] satisfies [string, Wish][])("%s: is read as it was asked for, and in clear", async (_, wish) => {
    const id = await make(wish);
    const seen = await readKey(id);
    expect(canonical.parse(seen.key)).toEqual(seen.key);
    expect(comparable(seen.key)).toEqual(comparable(complete(wish)));
    expect(seen.key).toMatchObject({ id, provider: "real", owner: { account: rootAccount } });
    if (seen.material?.kind !== "token") throw new Error("no token");
    expect(seen.material.value.expose()).toMatch(/^sk-[A-Za-z0-9]{48}$/);
    expect(seen.key.preview).toBe(
      `${seen.material.value.expose().slice(0, 5)}***${seen.material.value.expose().slice(-4)}`,
    );
  });

  it("starts its month on the day that was asked", async () => {
    const id = await make(whole);
    // No reply of the service tells it, so it is asked of the store behind.
    const { text } = await callFacade(real, "GET", `/v1/keys/tokenhub/${id}`);
    const { key } = z.object({ key: canonical }).parse(JSON.parse(text));
    expect(key.limits.tokenQuotas.map(({ startDay }) => startDay)).toEqual([null, 15, null]);
  });

  it("is changed in every field, cleared of all, and then there is nothing left to change", async () => {
    const id = await make({});
    for (const wish of [
      { ...whole, name: undefined, status: undefined },
      { description: "", ipAllowlist: [], limits: { tokenQuotas: [] }, scope: nothingAsked.scope },
    ]) {
      const before = (await readKey(id)).key;
      const after = tokenhubFacing.complete(before, wish, { ...facts, isNew: false });
      const calls = change(before, after);
      expect(calls.map((call) => call.surface === "tencent" && call.action)).toEqual([
        "ModifyApiKeyBindings",
        "ModifyApiKeyInfo",
      ]);
      for (const call of calls) await ask(call);
      const seen = (await readKey(id)).key;
      expect(comparable(seen)).toEqual(comparable(after));
      expect(change(seen, { ...after, limits: seen.limits })).toEqual([]);
    }
  });

  it("is disabled, enabled and removed", async () => {
    const id = await make({});
    for (const status of ["disabled", "enabled"] as const) {
      await ask(setStatus(id, status));
      expect((await readKey(id)).key.status).toBe(status);
    }
    await ask(remove(id));
    expect((await reply(read(id))).code).toBe("ResourceNotFound");
  });

  it("is in one page of the list, and masked there", async () => {
    const before = listed(await ask(list(0)), place).total;
    const ids = await Promise.all(Array.from({ length: pageSize + 5 - before }, () => make({})));
    const pages = [
      listed(await ask(list(0)), place),
      listed(await ask(list(pageSize)), place),
      listed(await ask(list(pageSize + 5)), place),
    ];
    expect(pages.map(({ keys }) => keys.length)).toEqual([pageSize, 5, 0]);
    expect(new Set(pages.map(({ total }) => total))).toEqual(new Set([pageSize + 5]));
    const keys = pages.flatMap(({ keys }) => keys);
    const all = new Set(keys.map(({ key }) => String(key.id)));
    expect(all.size).toBe(pageSize + 5);
    for (const id of ids) expect(all).toContain(id);
    for (const { key, material } of keys) {
      expect(canonical.parse(key)).toEqual(key);
      expect(key.preview).toMatch(/^sk-..\*{3}....$/);
      expect(material).toBeUndefined();
    }
  });
});
