import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { readingsOf } from "../../lib/audit/chain-name.ts";
import { readTrail, type TrailPlace } from "../../lib/audit/trail.ts";
import type { AccountId } from "../../lib/schemas/key.ts";
import type { Store } from "../../lib/store/port/store.ts";
import { auditDraft, freshAccount } from "../contract/store/samples.ts";
import { callFacade, issueAccount } from "../support/facade.ts";
import { facadeOf } from "../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
  freshAccount(); // the first one is the root's own
});
afterAll(() => keyway.stop());

/** One after the other, each at its time; `r` in the chain of readings. */
const write = async (
  store: Store,
  account: AccountId,
  entries: readonly (readonly ["c" | "r", number])[],
) => {
  for (const [kind, second] of entries) {
    const audit = { ...auditDraft(), time: new Date(Date.UTC(2026, 6, 1, 0, 0, second)).toISOString() };
    if (kind === "r") await store.recordReading(account, audit);
    else await store.commit({ account, writes: [], audit, events: [] });
  }
};

const namesOf = (items: readonly { readonly chain: string; readonly seq: number }[], account: AccountId) =>
  items.map(({ chain, seq }) => `${chain === account ? "c" : "r"}${seq}`);

const all = async (account: AccountId, limits: readonly number[], between: () => Promise<void>) => {
  const { store } = keyway.house;
  const found: string[] = [];
  let place: TrailPlace | null = null;
  for (let page = 0; page === 0 || place !== null; page++) {
    const read = await readTrail(store, account, place, limits[page % limits.length] ?? 1);
    found.push(...namesOf(read.items, account));
    place = read.next;
    await between();
  }
  return found;
};

describe("the trail", () => {
  it("is both chains by time, page by page, whatever is added meanwhile", async () => {
    const account = freshAccount();
    const { store } = keyway.house;
    await write(store, account, [
      ["c", 1],
      ["r", 2],
      ["c", 3],
      ["c", 4],
      ["r", 5],
      ["r", 6],
    ]);
    const more = () =>
      write(store, account, [
        ["r", 50],
        ["c", 51],
      ]);
    expect(await all(account, [1, 2], more)).toEqual(["r3", "r2", "c3", "c2", "r1", "c1"]);
  });

  it("of one chain alone stays at its place when the other begins", async () => {
    const account = freshAccount();
    const { store } = keyway.house;
    await write(store, account, [
      ["c", 1],
      ["c", 2],
      ["c", 3],
    ]);
    expect(await all(account, [1], () => write(store, account, [["r", 9]]))).toEqual(["c3", "c2", "c1"]);
  });

  it("has each entry once and each chain in its order, whatever the clocks said", async () => {
    const entry = fc.tuple(fc.constantFrom("c" as const, "r" as const), fc.integer({ min: 0, max: 9 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
        async (entries, limits) => {
          const account = freshAccount();
          await write(keyway.house.store, account, entries);
          const found = await all(account, limits, async () => undefined);
          for (const kind of ["c", "r"] as const) {
            const count = entries.filter(([one]) => one === kind).length;
            const wanted = Array.from({ length: count }, (_, n) => `${kind}${count - n}`);
            expect(found.filter((name) => name.startsWith(kind))).toEqual(wanted);
          }
          expect(found).toEqual(await all(account, [100], async () => undefined));
        },
      ),
      { numRuns: 30 },
    );
  });
});

const list = z.object({
  items: z.array(z.object({ chain: z.string(), seq: z.number(), entry: z.object({ action: z.string() }) })),
  nextCursor: z.string().nullable(),
});

describe("GET /v1/audit", () => {
  it("tells of a change and of a reading which chain each is in, and pages through both", async () => {
    const tenant = await issueAccount(keyway);
    const facade = facadeOf({ url: keyway.url, root: tenant });
    const { key } = await facade.create("aione");
    await facade.call("POST", `/v1/keys/aione/${key.id}/reveal`);
    await facade.call("POST", `/v1/keys/aione/${key.id}/disable`);
    const read = async (cursor: string | null) =>
      list.parse(
        (await facade.call("GET", `/v1/audit?limit=2${cursor === null ? "" : `&cursor=${cursor}`}`)).body,
      );
    const one = await read(null);
    expect(one.items.map(({ entry }) => entry.action)).toEqual(["keyway:DisableKey", "keyway:ReadSecrets"]);
    const two = await read(one.nextCursor);
    expect(two.items.map(({ entry }) => entry.action)).toEqual(["keyway:CreateKey"]);
    expect(two.nextCursor).toBeNull();
    const account = one.items[0]?.chain as AccountId;
    expect(one.items[1]?.chain).toBe(readingsOf(account));
  });

  it.each(["7", "[1,1]", "WzAsMV0", "WzEsMSwxXQ", "WyIxIiwxXQ"])("refuses the cursor %s", async (cursor) => {
    const { status, body } = await callFacade(
      keyway,
      "GET",
      `/v1/audit?cursor=${encodeURIComponent(cursor)}`,
    );
    expect({ status, body }).toMatchObject({ status: 400, body: { code: "cursor_invalid" } });
  });
});
