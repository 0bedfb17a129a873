import { afterAll, beforeAll, expect, it } from "vitest";
import { sweepRound } from "../../functions/jobs/sweep.ts";
import { verificationOf } from "../../lib/operation.ts";
import { facadeOf, type Issued } from "../support/facade-client.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../support/keyway.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());

/** As the clock would: what was counted is written, and what is due is done. */
const tick = async (of = keyway): Promise<void> => {
  await verificationOf(of.house).usage.flush();
  await sweepRound(of.house)();
};
const verify = async ({ material }: Issued, tokens = 1): Promise<unknown> => {
  const { value } = material as unknown as { value: string };
  const { body } = await facade.call("POST", "/v1/verify?scope=partial", { key: value, cost: { tokens } });
  return (body as { code: string }).code;
};
const told = async ({ key }: Issued): Promise<readonly unknown[]> =>
  (await keyway.house.store.readEvents(rootAccount, 0, 1000))
    .filter(({ type, subject }) => type === "limit.reached" && subject === `aione/${key.id}`)
    .map(({ data }) => data);

it("the first refusal by a rate is an event, and no other one of its hour", async () => {
  const limits = { requestsPerMinute: 1, tokensPerMinute: null, tokenQuotas: [] };
  const made = await facade.create("aione", { name: "narrow", limits });
  const codes: unknown[] = [];
  // Two minutes may meet in between; in one of them are two at least.
  for (let calls = 0; calls < 4; calls++) codes.push(await verify(made));
  expect(codes).toContain("RATE_LIMITED");
  for (let round = 0; round < 3; round++) {
    await verify(made);
    await tick();
  }
  // Of two, if the hour ends here, they are the same.
  const { id } = made.key;
  const event = { provider: "aione", id, name: "narrow", status: "enabled", limit: "rate", cycle: null };
  const events = await told(made);
  expect(events).toEqual(events.map(() => event));
  expect([1, 2]).toContain(events.length);
  const trail = await facade.call("GET", "/v1/audit?limit=5");
  expect(trail.text).toContain("keyway:NoteLimit");
});

it("the first refusal by a quota is one of its window, and names the quota that is spent", async () => {
  const tokenQuotas = [
    { cycle: "lifetime", tokens: "1000000", startDay: null },
    { cycle: "month", tokens: "10", startDay: 1 },
  ];
  const limits = { requestsPerMinute: null, tokensPerMinute: null, tokenQuotas };
  const made = await facade.create("aione", { name: "spent", limits });
  expect(await verify(made, 9)).toBe("VALID");
  await tick();
  expect(await told(made)).toEqual([]);
  const beside = await startKeyway({ folder: keyway.folder, root: keyway.root, keep: true });
  expect(await verify(made, 9)).toBe("QUOTA_EXCEEDED");
  await Promise.all([tick(), tick(beside)]);
  expect(await verify(made, 9)).toBe("QUOTA_EXCEEDED");
  await Promise.all([tick(), tick(beside)]);
  expect(await told(made)).toMatchObject([{ limit: "quota", cycle: "month" }]);
  await beside.stop();
});

it("of a key that was deleted meanwhile nothing is told", async () => {
  const limits = { requestsPerMinute: 1, tokensPerMinute: null, tokenQuotas: [] };
  const made = await facade.create("aione", { name: "gone", limits });
  for (let calls = 0; calls < 4; calls++) await verify(made);
  await verificationOf(keyway.house).usage.flush();
  await facade.call("DELETE", `/v1/keys/aione/${made.key.id}?confirm=${made.key.id}`);
  await tick();
  expect(await told(made)).toEqual([]);
});
