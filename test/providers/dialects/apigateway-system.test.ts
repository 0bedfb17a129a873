import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Asked, nothingAsked, type Wish } from "../../../lib/keys/asked.ts";
import type { Material } from "../../../lib/keys/material.ts";
import { Secret } from "../../../lib/keys/secret.ts";
import { apigatewayDialect } from "../../../lib/providers/apigateway/dialect.ts";
import { apigatewayFacing } from "../../../lib/providers/apigateway/facing.ts";
import type { NativeCall } from "../../../lib/providers/dialect.ts";
import type { WireKey } from "../../../lib/providers/from-wire.ts";
import { key as canonical } from "../../../lib/schemas/key.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { sendSigned } from "../../support/raw.ts";

/** The dialect's calls, sent to a Keyway that plays API Gateway. */

const place = { provider: "real", account: rootAccount };
const { list, listed, read, key, create, created, setStatus, rotate, rotated, remove } = apigatewayDialect;
if (!create || !created || !setStatus || !rotate || !rotated || !remove) throw new Error("a call is missing");

let real: TestKeyway;
beforeAll(async () => {
  real = await startKeyway();
});
afterAll(() => real.stop());

const reply = async (call: NativeCall): Promise<{ readonly code: string; readonly response: unknown }> => {
  if (call.surface !== "tencent") throw new Error("not a call of API 3.0");
  const { code, text } = await sendSigned(real, call.action, JSON.stringify(call.input), {
    version: "2018-08-08",
  });
  return { code, response: JSON.parse(text).Response };
};
const ask = async (call: NativeCall): Promise<unknown> => {
  const { code, response } = await reply(call);
  expect(code).toBe("ok");
  return response;
};

const facts = { isNew: true, random: randomBytes, now: new Date(), settings: {} };
const complete = (wish: Wish, material?: Material): Asked =>
  apigatewayFacing.complete(nothingAsked, { name: "a_key", ...wish }, { ...facts, material });
const readKey = async (id: string): Promise<WireKey> => key(await ask(read(id)), place);
const make = async (wish: Wish = {}, material?: Material): Promise<WireKey> => {
  const made = created(await ask(create(complete(wish, material), material)), place);
  if (made.key === undefined) throw new Error("the reply tells of the key");
  expect(made.key.key.id).toBe(made.id);
  return made.key;
};
const secretOf = ({ material }: WireKey): string => {
  if (material?.kind !== "pair") throw new Error("no pair");
  return material.secret.expose();
};
const pair = (id: string, secret: string): Material => ({ kind: "pair", id, secret: new Secret(secret) });

const comparable = ({ name, status, tags, native }: Asked) => ({ name, status, tags, native });

describe("a key of API Gateway", () => {
  it.each([
    ["automatic, with nothing but a name", {}, undefined],
    ["automatic, with tags", { tags: { team: "平台", empty: "" } }, undefined],
    ["manual", { name: "by-hand" }, pair("my_own_id", "my_own_secret_1")],
  ] as const)("%s: is answered and read as it was asked for, in clear", async (_, wish, material) => {
    const made = await make(wish, material);
    const seen = await readKey(made.key.id);
    expect(seen).toEqual(made);
    expect(canonical.parse(seen.key)).toEqual(seen.key);
    expect(comparable(seen.key)).toEqual(comparable(complete(wish, material)));
    if (material === undefined) expect(secretOf(seen)).toMatch(/^[A-Za-z0-9]{40}$/);
    else expect(seen.material).toEqual(material);
    expect(seen.key.preview).not.toContain(secretOf(seen));
  });

  it("gets a new secret, its own or the one that was brought along, and keeps the rest", async () => {
    const made = await make();
    const { id } = made.key;
    const renewed = rotated(await ask(rotate(id, undefined)), place);
    if (renewed.key === undefined) throw new Error("the reply tells of the key");
    expect(secretOf(renewed)).not.toBe(secretOf(made));
    expect({ ...renewed.key, updatedAt: "", preview: "" }).toEqual({
      ...made.key,
      updatedAt: "",
      preview: "",
    });
    expect(secretOf(await readKey(id))).toBe(secretOf(renewed));

    const manual = pair("another_own_id", "another_secret_1");
    await make({}, manual);
    const chosen = pair("another_own_id", "another_secret_2");
    expect(rotated(await ask(rotate("another_own_id", chosen)), place).material).toEqual(chosen);
    expect((await reply(rotate("another_own_id", undefined))).code).toBe("InvalidParameter.FormatError");
  });

  it("is disabled, enabled and removed", async () => {
    const { id } = (await make()).key;
    for (const status of ["disabled", "enabled", "disabled"] as const) {
      expect(await ask(setStatus(id, status))).toMatchObject({ Result: true });
      expect((await readKey(id)).key.status).toBe(status);
    }
    expect(await ask(remove(id))).toMatchObject({ Result: true });
    expect((await reply(read(id))).code).toBe("ResourceNotFound.InvalidAccessKeyId");
  });

  it("is in one page of the list, with its secret in clear", async () => {
    // As its requests ask for.
    const pageSize = 100;
    const before = listed(await ask(list(0)), place).total;
    const made = await Promise.all(Array.from({ length: pageSize + 3 - before }, () => make()));
    const pages = [listed(await ask(list(0)), place), listed(await ask(list(pageSize)), place)];
    expect(pages.map(({ keys, total }) => [keys.length, total])).toEqual([
      [pageSize, pageSize + 3],
      [3, pageSize + 3],
    ]);
    const secrets = new Map(
      pages.flatMap(({ keys }) => keys.map((one) => [String(one.key.id), secretOf(one)])),
    );
    expect(secrets.size).toBe(pageSize + 3);
    for (const one of made) expect(secrets.get(one.key.id)).toBe(secretOf(one));
  });
});
