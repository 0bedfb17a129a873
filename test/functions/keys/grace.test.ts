import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { secretOf, spend } from "../../support/usage.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-07-01T12:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

/** As it is a minute later at the latest; of a key in a grace a second later. */
const read = async (id: string): Promise<unknown> => {
  await keyway.house.verification?.usage.flush();
  const { body } = await facade.call("GET", `/v1/keys/aione/${id}`);
  if ((body as { key: { graceUntil: string | null } }).key.graceUntil !== null) return body;
  await keyway.house.store.sumUpUsage();
  return (await facade.call("GET", `/v1/keys/aione/${id}`)).body;
};

it("during a grace a key shows when and from where its old secret was last good", async () => {
  const issued = await facade.create("aione", { limits: { requestsPerMinute: 1 } });
  const { id } = issued.key;
  const old = secretOf(issued);
  expect(await read(id)).toMatchObject({ key: { graceLastUse: null, lastUsedAt: null } });
  expect(await spend(facade, old, { ip: "192.0.2.1" })).toBe("VALID");
  expect(await read(id)).toMatchObject({
    key: { graceLastUse: null, lastUsedAt: "2026-07-01T12:00:00.000Z" },
  });

  const rotated = await facade.call("POST", `/v1/keys/aione/${id}/rotate`, { grace: 3600 });
  const next = secretOf(rotated.body as typeof issued);
  vi.setSystemTime(new Date("2026-07-01T12:10:00Z"));
  expect(await spend(facade, old, { ip: "2001:db8::7" })).toBe("VALID");
  // One that was refused was not good.
  expect(await spend(facade, old, { ip: "192.0.2.3" })).toBe("RATE_LIMITED");
  vi.setSystemTime(new Date("2026-07-01T12:20:00Z"));
  expect(await spend(facade, next, { ip: "192.0.2.4" })).toBe("VALID");
  const shown = {
    graceUntil: "2026-07-01T13:00:00.000Z",
    graceLastUse: { at: "2026-07-01T12:10:00.000Z", ip: "2001:db8::7" },
    lastUsedAt: "2026-07-01T12:20:00.000Z",
  };
  expect(await read(id)).toMatchObject({ key: shown });
  const { body } = await facade.call("GET", `/v1/keys?provider=aione&q=${id}`);
  expect(body).toMatchObject({ items: [shown] });

  // What was shown is not kept with the key: another rotation has another old secret.
  await facade.call(
    "PATCH",
    `/v1/keys/aione/${id}`,
    { description: "changed" },
    { headers: { "if-match": "*" } },
  );
  expect(await read(id)).toMatchObject({ key: shown });
  await facade.call("POST", `/v1/keys/aione/${id}/rotate`, { grace: 0 });
  expect(await read(id)).toMatchObject({ key: { graceUntil: null, graceLastUse: null } });
});

it("an old secret that nobody used, or not since an earlier rotation, has no last use", async () => {
  const issued = await facade.create("aione");
  const { id } = issued.key;
  await spend(facade, secretOf(issued), { ip: "192.0.2.1" });
  await facade.call("POST", `/v1/keys/aione/${id}/rotate`, { grace: 3600 });
  await facade.call("POST", `/v1/keys/aione/${id}/rotate`, { grace: 3600 });
  expect(await read(id)).toMatchObject({
    key: { graceUntil: "2026-07-01T13:00:00.000Z", graceLastUse: null },
  });
});

it("a last use without an address has none", async () => {
  const issued = await facade.create("aione");
  const { id } = issued.key;
  await facade.call("POST", `/v1/keys/aione/${id}/rotate`, { grace: 3600 });
  await spend(facade, secretOf(issued));
  expect(await read(id)).toMatchObject({
    key: { graceLastUse: { at: "2026-07-01T12:00:00.000Z", ip: "" } },
  });
});
