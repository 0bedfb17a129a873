import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sweepRound } from "../../../functions/jobs/sweep.ts";
import type { AccountId } from "../../../lib/schemas/key.ts";
import { issueAccount } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { secretOf, spend } from "../../support/usage.ts";

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
    const { value } = (revealed.body as { material: { value: string } }).material;
    const events = await keyway.house.store.readEvents(mine.account, 0, 1000);
    const audit = await facade.call("GET", "/v1/audit?limit=100", undefined, { token: mine.token });
    for (const text of [JSON.stringify(events), audit.text, keyway.log()]) expect(text).not.toContain(value);
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

describe("a policy that rotates what nobody makes a secret for", () => {
  it("is refused by name at the provider and its keys, and the account's announces nothing", async () => {
    const mine = await tenant();
    const { policy, create, key } = as(mine);
    const { id } = (await create("csip")).key;
    for (const of of ["providers/csip", `keys/csip/${id}`]) {
      const { status, body } = await facade.call(
        "PATCH",
        `/v1/policies/${of}`,
        { rotateEveryDays: 10 },
        { token: mine.token, headers: { "if-match": "*" } },
      );
      expect([status, body]).toEqual([
        422,
        expect.objectContaining({
          code: "unsupported",
          errors: [expect.objectContaining({ path: "rotateEveryDays" })],
        }),
      ]);
    }
    await policy("account", { rotateEveryDays: 10, rotateNoticeDays: 5 });
    for (const day of [0.1, 5.1, 10.2, 20]) await sweepAt(day);
    expect(await typesOf(mine, `csip/${id}`)).toEqual(["key.created"]);
    expect((await key("csip", id)).rotatedAt).toBeNull();
  });
});

const reasonsOf = async (who: Tenant, subject: string, type: string): Promise<readonly unknown[]> =>
  (await eventsOf(who, subject))
    .filter(([one]) => one === type)
    .map(([, data]) => Reflect.get(data as object, "reason"));

describe("a policy that disables what is unused", () => {
  it("says why, leaves what is used, and begins anew when the key is put on again", async () => {
    const mine = await tenant();
    const { policy, create, key, post } = as(mine);
    const idle = (await create("aione")).key.id;
    const used = await create("aione");
    await policy("account", { disableUnusedDays: 30 });
    await sweepAt(0.1);
    vi.setSystemTime(start + 20 * dayMs);
    const own = facadeOf({ url: keyway.url, root: { ...keyway.root, token: mine.token } });
    expect(await spend(own, secretOf(used), { model: "gpt-5.4" })).toBe("VALID");
    await keyway.house.verification?.usage.flush();
    await sweepAt(30.1);
    expect((await key("aione", idle)).status).toBe("disabled");
    expect((await key("aione", used.key.id)).status).toBe("enabled");
    expect(await reasonsOf(mine, `aione/${idle}`, "key.disabled")).toEqual(["unused"]);
    const audit = await facade.call("GET", "/v1/audit", undefined, { token: mine.token });
    expect((audit.body as { items: { entry: unknown }[] }).items.map(({ entry }) => entry)).toContainEqual(
      expect.objectContaining({
        action: "keyway:DisableByPolicy",
        target: `aione/${idle}`,
        actor: expect.objectContaining({ credential: "[job]" }),
        details: { reason: "unused" },
      }),
    );
    // Whoever puts it on again has it for another 30 days.
    vi.setSystemTime(start + 40 * dayMs);
    expect((await post(`/v1/keys/aione/${idle}/enable`, undefined)).status).toBe(200);
    for (const days of [40.1, 50.2, 69.9]) await sweepAt(days);
    expect((await key("aione", idle)).status).toBe("enabled");
    expect((await key("aione", used.key.id)).status).toBe("disabled");
    await sweepAt(70.2);
    expect((await key("aione", idle)).status).toBe("disabled");
    expect(await reasonsOf(mine, `aione/${idle}`, "key.disabled")).toEqual(["unused", "unused"]);
  });

  it("leaves keys alone whose uses nobody tells", async () => {
    const mine = await tenant();
    const { policy, create, key } = as(mine);
    const { id } = (await create("csip")).key;
    await policy("account", { disableUnusedDays: 1 });
    await sweepAt(0.1);
    await sweepAt(100);
    expect((await key("csip", id)).status).toBe("enabled");
  });

  it("waits for an exception's end, and no longer when that is taken back", async () => {
    const mine = await tenant();
    const { policy, create, key, post } = as(mine);
    const [one, other] = [(await create("aione")).key.id, (await create("aione")).key.id];
    await policy("account", { disableUnusedDays: 30 });
    await sweepAt(0.1);
    for (const id of [one, other]) {
      const body = { provider: "aione", id, rule: "unused", until: at(60), reason: "a test" };
      expect((await post("/v1/hygiene/exceptions", body)).status).toBe(201);
    }
    await sweepAt(59.9);
    expect((await key("aione", one)).status).toBe("enabled");
    await facade.call("DELETE", `/v1/hygiene/exceptions/aione/${one}/unused`, undefined, {
      token: mine.token,
    });
    await sweepAt(59.95);
    expect((await key("aione", one)).status).toBe("disabled");
    expect((await key("aione", other)).status).toBe("enabled");
    await sweepAt(60.1);
    expect((await key("aione", other)).status).toBe("disabled");
  });
});

describe("a policy by the clock", () => {
  it("ends keys after their time, and again if they are put on", async () => {
    const mine = await tenant();
    const { policy, create, key, post } = as(mine);
    const { id } = (await create("tokenhub")).key;
    await policy("providers/tokenhub", { expireAfterDays: 20 });
    await sweepAt(0.1);
    await sweepAt(20);
    expect((await key("tokenhub", id)).status).toBe("disabled");
    expect((await post(`/v1/keys/tokenhub/${id}/enable`, undefined)).status).toBe(200);
    await sweepAt(20.1);
    expect(await reasonsOf(mine, `tokenhub/${id}`, "key.disabled")).toEqual([
      "expired_by_policy",
      "expired_by_policy",
    ]);
  });

  it("reaches keys that are made later, and not those that say otherwise, or belong to others", async () => {
    const [mine, theirs] = [await tenant(), await tenant()];
    const { policy, create, key } = as(mine);
    await policy("account", { expireAfterDays: 20 });
    await sweepAt(5);
    const later = (await create("aione")).key.id;
    const free = (await create("aione")).key.id;
    const early = (await create("aione")).key.id;
    await policy(`keys/aione/${free}`, { expireAfterDays: 0 });
    await policy(`keys/aione/${early}`, { expireAfterDays: 2 });
    const foreign = (await as(theirs).create("aione")).key.id;
    await sweepAt(5.1);
    await sweepAt(7.1);
    const statuses = async (): Promise<readonly unknown[]> =>
      Promise.all([later, free, early].map(async (id) => (await key("aione", id)).status));
    expect(await statuses()).toEqual(["enabled", "enabled", "disabled"]);
    await sweepAt(25.1);
    expect(await statuses()).toEqual(["disabled", "enabled", "disabled"]);
    // When the key says nothing any more, its account decides.
    await policy(`keys/aione/${free}`, { expireAfterDays: null });
    await sweepAt(25.2);
    expect(await statuses()).toEqual(["disabled", "disabled", "disabled"]);
    expect((await as(theirs).key("aione", foreign)).status).toBe("enabled");
  });

  it("reaches however many keys are made at once, and an account that was quiet for long", async () => {
    const mine = await tenant();
    const { policy, create } = as(mine);
    await policy("account", { expireAfterDays: 200 });
    for (let day = 0.1; day < 8; day += 0.5) await sweepAt(day);
    const made = 8;
    vi.setSystemTime(start + made * dayMs);
    const ids = await Promise.all(Array.from({ length: 45 }, async () => (await create("aione")).key.id));
    await sweepAt(8.1);
    const dues = async (): Promise<ReadonlySet<string | undefined>> => {
      const read = (id: string) => keyway.house.store.readDocument(mine.account, "aione", "key-schedule", id);
      return new Set((await Promise.all(ids.map(read))).map((one) => one?.due));
    };
    expect(await dues()).toEqual(new Set([made + 200].map(at)));
    for (let day = 8.2; day < 12; day += 0.5) await sweepAt(day);
    // A policy that is set wakes whoever slept: no time goes by.
    await policy("account", { expireAfterDays: 50 });
    for (let turn = 0; turn < 2; turn++) await round();
    expect(await dues()).toEqual(new Set([made + 50].map(at)));
  });

  it("is over when it is taken back", async () => {
    const mine = await tenant();
    const { policy, create, key } = as(mine);
    const { id } = (await create("aione")).key;
    await policy("account", { expireAfterDays: 20, rotateEveryDays: 10, rotateNoticeDays: 0 });
    await sweepAt(1);
    await policy("account", { expireAfterDays: null, rotateEveryDays: 0 });
    for (const days of [2, 11, 21, 40]) await sweepAt(days);
    expect(await key("aione", id)).toMatchObject({ status: "enabled", rotatedAt: null });
  });

  it("forgets a key that is deleted, and what was missed while nothing ran is found", async () => {
    const mine = await tenant();
    const { policy, create, key } = as(mine);
    await policy("account", { expireAfterDays: 100 });
    await sweepAt(0.1);
    const gone = (await create("aione")).key.id;
    await sweepAt(0.2);
    const read = (id: string) => keyway.house.store.readDocument(mine.account, "aione", "key-schedule", id);
    expect((await read(gone))?.due).toBe(at(100.1));
    await facade.call("DELETE", `/v1/keys/aione/${gone}?confirm=${gone}`, undefined, { token: mine.token });
    await sweepAt(0.3);
    expect(await read(gone)).toBeUndefined();
    const missed = (await create("aione")).key.id;
    vi.setSystemTime(start + 60 * dayMs);
    // Of events that are so old none is left.
    await keyway.house.store.pruneEnded(at(60));
    await sweepAt(60.1);
    expect((await read(missed))?.due).toBe(at(100.3));
    await sweepAt(100.4);
    expect((await key("aione", missed)).status).toBe("disabled");
  });

  it("sets more than one first policy at one moment", async () => {
    const mine = await tenant();
    const { create, policy } = as(mine);
    const { id } = (await create("aione")).key;
    await Promise.all(
      ["account", "providers/aione", `keys/aione/${id}`].map((of) => policy(of, { expireAfterDays: 30 })),
    );
  });
});
