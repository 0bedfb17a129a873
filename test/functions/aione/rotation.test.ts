import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { callFacade } from "../../support/facade.ts";
import { startKeyway, type TestKeyway, temporaryFolder } from "../../support/keyway.ts";

const keys = "/api/v1/gateway/keys";
const reply = z.object({
  id: z.string(),
  key: z.string(),
  key_prefix: z.string(),
  rotate_grace_until: z.string().nullable(),
});
type Reply = z.infer<typeof reply>;

const folder = temporaryFolder();
const withGrace = async (rotateGraceSeconds: number): Promise<TestKeyway> => {
  const file = join(folder, `${rotateGraceSeconds}.json`);
  writeFileSync(file, JSON.stringify({ providers: { aione: { service: "aione", rotateGraceSeconds } } }));
  return startKeyway({ env: { KEYWAY_CONFIG: file } });
};
afterAll(() => rmSync(folder, { recursive: true }));

const create = async (keyway: TestKeyway): Promise<Reply> =>
  reply.parse((await callFacade(keyway, "POST", keys, { body: { name: "rotated" } })).body);
const rotate = async (keyway: TestKeyway, id: string): Promise<Reply> =>
  reply.parse((await callFacade(keyway, "PUT", `${keys}/${id}/rotate`)).body);
/** Whether the data plane takes the key now. */
const works = async (keyway: TestKeyway, token: string): Promise<boolean> =>
  (await callFacade(keyway, "GET", "/v1/models", { token })).status === 200;

describe("a rotation", () => {
  let keyway: TestKeyway;
  beforeAll(async () => {
    keyway = await startKeyway();
  });
  afterAll(() => keyway.stop());

  it("keeps the id, shows the new secret once, and both work for a day", async () => {
    const made = await create(keyway);
    const before = Date.now();
    const next = await rotate(keyway, made.id);
    expect(next.id).toBe(made.id);
    expect(next.key).not.toBe(made.key);
    expect(next.key_prefix).toBe(next.key.slice(0, "sk-nex-".length + 4));
    const until = Date.parse(next.rotate_grace_until ?? "");
    expect(Math.abs(until - before - 86_400_000)).toBeLessThan(5000);
    const read = await callFacade(keyway, "GET", `${keys}/${made.id}`);
    expect(read.body).toMatchObject({
      key: null,
      key_prefix: next.key_prefix,
      rotate_grace_until: next.rotate_grace_until,
    });
    expect([await works(keyway, made.key), await works(keyway, next.key)]).toEqual([true, true]);
  });

  it("during a grace drops the oldest secret at once", async () => {
    const first = await create(keyway);
    const second = await rotate(keyway, first.id);
    const third = await rotate(keyway, first.id);
    expect(await Promise.all([first, second, third].map(({ key }) => works(keyway, key)))).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("of one key by many at once leaves two secrets at most", async () => {
    const first = await create(keyway);
    const many = await Promise.all(Array.from({ length: 8 }, () => rotate(keyway, first.id)));
    const alive = await Promise.all([first, ...many].map(({ key }) => works(keyway, key)));
    expect(alive.filter((one) => one)).toHaveLength(2);
  });

  it("is refused for a disabled key, and both secrets are dead with the key", async () => {
    const first = await create(keyway);
    const second = await rotate(keyway, first.id);
    expect((await callFacade(keyway, "PUT", `${keys}/${first.id}/disable`)).status).toBe(200);
    expect((await callFacade(keyway, "PUT", `${keys}/${first.id}/rotate`)).status).toBe(409);
    expect([await works(keyway, first.key), await works(keyway, second.key)]).toEqual([false, false]);
    await callFacade(keyway, "PUT", `${keys}/${first.id}/enable`);
    expect([await works(keyway, first.key), await works(keyway, second.key)]).toEqual([true, true]);
    await callFacade(keyway, "DELETE", `${keys}/${first.id}`);
    expect([await works(keyway, first.key), await works(keyway, second.key)]).toEqual([false, false]);
  });

  it("is refused for an expired key", async () => {
    const expires_at = new Date(Date.now() + 300).toISOString();
    const { body } = await callFacade(keyway, "POST", keys, { body: { name: "short", expires_at } });
    const { id, key } = reply.parse(body);
    expect(await works(keyway, key)).toBe(true);
    await sleep(350);
    expect(await works(keyway, key)).toBe(false);
    expect((await callFacade(keyway, "PUT", `${keys}/${id}/rotate`)).status).toBe(409);
  });
});

it("without grace the old secret is dead when the reply is there", async () => {
  const keyway = await withGrace(0);
  const first = await create(keyway);
  const second = await rotate(keyway, first.id);
  expect(second.rotate_grace_until).toBeNull();
  expect([await works(keyway, first.key), await works(keyway, second.key)]).toEqual([false, true]);
  await keyway.stop();
});

it("the grace ends by itself, and is not shown any more", async () => {
  const keyway = await withGrace(1);
  const first = await create(keyway);
  const second = await rotate(keyway, first.id);
  expect(await works(keyway, first.key)).toBe(true);
  await sleep(Date.parse(second.rotate_grace_until ?? "") - Date.now() + 20);
  expect([await works(keyway, first.key), await works(keyway, second.key)]).toEqual([false, true]);
  const { body } = await callFacade(keyway, "GET", `${keys}/${first.id}`);
  expect(body).toMatchObject({ rotate_grace_until: null });
  await keyway.stop();
});
