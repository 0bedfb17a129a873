import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sweepRound } from "../../../functions/jobs/sweep.ts";
import type { AccountId } from "../../../lib/schemas/key.ts";
import { issueAccount } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let round: () => Promise<void>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
  round = sweepRound(keyway.house);
});
afterAll(() => keyway.stop());

const start = Date.parse("2026-07-01T12:00:00.000Z");
const dayMs = 86_400_000;
const at = (days: number): string => new Date(start + days * dayMs).toISOString();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

/** All that is due at this day: what a round makes due at once is done by the next. */
const sweepAt = async (days: number): Promise<void> => {
  vi.setSystemTime(start + days * dayMs);
  for (let turn = 0; turn < 4; turn++) await round();
};

interface Tenant {
  readonly token: string;
  readonly account: AccountId;
}

/** Each test has an account of its own, so that no policy of another test is about its keys. */
const tenant = async (): Promise<Tenant> => {
  const { token } = await issueAccount(keyway);
  const probe = await facade.create("aione", {}, { token });
  return { token, account: (probe.key as unknown as { owner: { account: AccountId } }).owner.account };
};

const as = ({ token }: Tenant) => ({
  policy: async (of: string, body: unknown): Promise<void> => {
    const headers = { "if-match": "*" };
    const reply = await facade.call("PATCH", `/v1/policies/${of}`, body, { token, headers });
    expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  },
  create: (provider: string, body: object = {}) => facade.create(provider, body, { token }),
  key: async (provider: string, id: string): Promise<Record<string, unknown>> => {
    const reply = await facade.call("GET", `/v1/keys/${provider}/${id}`, undefined, { token });
    return (reply.body as { key: Record<string, unknown> }).key;
  },
  post: (path: string, body: unknown = {}) => facade.call("POST", path, body, { token }),
});

const eventsOf = async ({ account }: Tenant, subject: string): Promise<readonly [string, unknown][]> =>
  (await keyway.house.store.readEvents(account, 0, 1000))
    .filter((event) => event.subject === subject)
    .map(({ type, data }) => [type, data]);
const typesOf = async (who: Tenant, subject: string): Promise<readonly string[]> =>
  (await eventsOf(who, subject)).map(([type]) => type);

describe("a policy that rotates", () => {
  it("announces it once, rotates once with its grace, and begins anew", async () => {
    const mine = await tenant();
    const { policy, create, key } = as(mine);
    const made = await create("aione");
    const { id } = made.key;
    await policy("account", { rotateEveryDays: 90, rotateNoticeDays: 7, rotateGraceSeconds: 3600 });
    await sweepAt(0.1);
    await sweepAt(82.9);
    expect(await typesOf(mine, `aione/${id}`)).toEqual(["key.created"]);
    await sweepAt(83.1);
    await sweepAt(84);
    expect(await eventsOf(mine, `aione/${id}`)).toEqual([
      ["key.created", expect.anything()],
      ["rotation.due_soon", expect.objectContaining({ id, rotateAt: at(90.1) })],
    ]);
    await sweepAt(90.05);
    expect((await key("aione", id)).rotatedAt).toBeNull();
    await sweepAt(90.2);
    const rotated = await key("aione", id);
    expect(rotated).toMatchObject({ rotatedAt: at(90.2), graceUntil: at(90.2 + 3600 / 86_400) });
    expect((await eventsOf(mine, `aione/${id}`)).at(-1)).toEqual([
      "key.rotated",
      expect.objectContaining({ id, reason: "too_old" }),
    ]);
    // Whoever may reveal it has the new secret.
    const revealed = await as(mine).post(`/v1/keys/aione/${id}/reveal`, undefined);
    expect(revealed.status).toBe(200);
    expect(revealed.text).not.toContain(String(Reflect.get(made.material ?? {}, "value")));
    await sweepAt(91);
    await sweepAt(173);
    expect((await typesOf(mine, `aione/${id}`)).filter((type) => type === "key.rotated")).toHaveLength(1);
    await sweepAt(174);
    await sweepAt(181.3);
    expect((await typesOf(mine, `aione/${id}`)).filter((type) => type === "key.rotated")).toHaveLength(2);
  });

  it("gives old keys their notice first, and counts from a rotation that somebody made", async () => {
    const mine = await tenant();
    const { policy, create, post, key } = as(mine);
    const { id } = (await create("aione")).key;
    const { id: other } = (await create("aione")).key;
    await sweepAt(400);
    await policy("providers/aione", { rotateEveryDays: 30, rotateNoticeDays: 5 });
    await sweepAt(400.1);
    expect(await typesOf(mine, `aione/${id}`)).toEqual(["key.created", "rotation.due_soon"]);
    vi.setSystemTime(start + 402 * dayMs);
    expect((await post(`/v1/keys/aione/${other}/rotate`)).status).toBe(200);
    await sweepAt(405.2);
    expect((await key("aione", id)).rotatedAt).toBe(at(405.2));
    expect((await key("aione", other)).rotatedAt).toBe(at(402));
  });

  it("is told as refused, once, where the provider does not", async () => {
    const mine = await tenant();
    const { policy, create } = as(mine);
    const body = {
      native: { type: "manual" },
      material: { kind: "pair", id: "made_up_id_1", secret: "made_up_secret_1" },
    };
    const { id } = (await create("apigateway", body)).key;
    await policy("account", { rotateEveryDays: 10, rotateNoticeDays: 0 });
    for (const day of [0.1, 10.1, 11.2, 12.3]) await sweepAt(day);
    expect(await eventsOf(mine, `apigateway/${id}`)).toEqual([
      ["key.created", expect.anything()],
      ["policy.refused", expect.objectContaining({ step: "rotate", code: "field_value_invalid" })],
    ]);
  });
});
