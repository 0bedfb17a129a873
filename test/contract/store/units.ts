import { describe, expect, it } from "vitest";
import type { ChainHead } from "../../../lib/audit/entry.ts";
import type { AccountId } from "../../../lib/schemas/key.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import { StoreRefusal, type Write } from "../../../lib/store/port/unit.ts";
import {
  commit,
  deleteKey,
  event,
  freshAccount,
  insertKey,
  keyQuery,
  keyRecord,
  unitOf,
  withKey,
} from "./samples.ts";

/** Everything of an account that a unit may touch. */
const snapshot = async (store: Store, account: AccountId): Promise<unknown> => ({
  head: await store.readAuditHead(account),
  audit: await store.readAudit(account, 0, 1000),
  keys: await store.listKeys(keyQuery(account)),
  counter: await store.readCounter(account, "keys"),
  credentials: await store.listCredentials(account, null, 100),
  account: await store.readAccount(account),
});

const count = (account: AccountId, by: number, max?: number): Write => ({
  type: "count",
  account,
  counter: "keys",
  by,
  ...(max === undefined ? {} : { max }),
});

export const unitRules = (store: () => Store): void => {
  describe("a unit", () => {
    it("is read by whoever asks after its commit", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      const head = await commit(store(), account, insertKey(record), count(account, 1));
      expect(head.seq).toBe(1);
      expect((await store().readKey(account, "tokenhub", record.key.id))?.record).toEqual(record);
      expect(await store().readCounter(account, "keys")).toBe(1);
      expect(await store().readAuditHead(account)).toEqual(head);
    });

    it("leaves nothing when its last write is refused", async () => {
      const account = freshAccount();
      const kept = keyRecord(account);
      await commit(store(), account, insertKey(kept), count(account, 1));
      const before = await snapshot(store(), account);
      const fresh = keyRecord(account, { name: "never seen" });
      const writes = [insertKey(fresh), count(account, 1), deleteKey(kept), insertKey(fresh)];
      const refused = store().commit({ ...unitOf(account, ...writes), events: [event()] });
      await expect(refused).rejects.toThrow(StoreRefusal);
      expect(await snapshot(store(), account)).toEqual(before);
      expect(await store().readKey(account, "tokenhub", fresh.key.id)).toBeUndefined();
    });

    it("tells which write was refused and why", async () => {
      const account = freshAccount();
      const refused = commit(store(), account, count(account, 1), count(account, 1, 1));
      await expect(refused).rejects.toMatchObject({ name: "StoreRefusal", reason: "limit", write: "count" });
    });

    it("sees its own earlier writes", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      await commit(store(), account, insertKey(record), deleteKey(record), insertKey(record));
      expect((await store().listKeys(keyQuery(account))).total).toBe(1);
    });

    it("may hold nothing but its audit entry", async () => {
      const account = freshAccount();
      expect(await commit(store(), account)).toMatchObject({ seq: 1 });
    });

    it("is refused alone among many of the same moment", async () => {
      const account = freshAccount();
      const taken = keyRecord(account, { id: "taken" });
      await commit(store(), account, insertKey(taken));
      const units = Array.from({ length: 40 }, (_, n) =>
        n % 10 === 3
          ? commit(store(), account, count(account, 1), insertKey(taken))
          : commit(store(), account, count(account, 1), insertKey(keyRecord(account, { id: `ak-${n}` }))),
      );
      const settled = await Promise.allSettled(units);
      for (const [n, one] of settled.entries())
        expect(one.status).toBe(n % 10 === 3 ? "rejected" : "fulfilled");
      expect(await store().readCounter(account, "keys")).toBe(36);
      expect((await store().listKeys(keyQuery(account))).total).toBe(37);
      const heads = settled.flatMap((one): ChainHead[] => (one.status === "fulfilled" ? [one.value] : []));
      expect(heads.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(heads.map((_, n) => n + 2));
    });

    it("of fifty keys stands beside others of as many", async () => {
      const account = freshAccount();
      const groups = Array.from({ length: 3 }, () => Array.from({ length: 50 }, () => keyRecord(account)));
      await Promise.all(groups.flat().map((record) => commit(store(), account, insertKey(record))));
      const heads = await Promise.all(
        groups.map((records) =>
          commit(
            store(),
            account,
            ...records.map((record): Write => {
              const changed = withKey(record, { version: 2, native: { plan: "usagePlan-1" } });
              return { type: "replaceKey", record: changed, expectedVersion: 1 };
            }),
          ),
        ),
      );
      expect(heads.map(({ seq }) => seq)).toEqual([151, 152, 153]);
    });

    it("that no store can write fails alone, as an error that is no refusal", async () => {
      const account = freshAccount();
      const before = commit(store(), account);
      const broken = unitOf(account, count(account, 1));
      const bad = store().commit({ ...broken, audit: { ...broken.audit, details: { big: 1n } } });
      const after = commit(store(), account);
      const [first, middle, last] = await Promise.allSettled([before, bad, after]);
      expect(first.status).toBe("fulfilled");
      expect(last.status).toBe("fulfilled");
      expect(middle.status).toBe("rejected");
      expect(middle.status === "rejected" && middle.reason instanceof StoreRefusal).toBe(false);
      expect(await store().readCounter(account, "keys")).toBe(0);
      expect((await store().readAuditHead(account)).seq).toBe(2);
    });
  });

  describe("a counter", () => {
    it("is 0 before it is moved", async () => {
      expect(await store().readCounter(freshAccount(), "keys")).toBe(0);
    });

    it("lets exactly one of 50 pass at 49 of 50", async () => {
      const account = freshAccount();
      await commit(store(), account, count(account, 49));
      const inserts = Array.from({ length: 50 }, () =>
        commit(store(), account, count(account, 1, 50), insertKey(keyRecord(account))),
      );
      const settled = await Promise.allSettled(inserts);
      expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(await store().readCounter(account, "keys")).toBe(50);
      expect((await store().listKeys(keyQuery(account))).total).toBe(1);
    });

    it.each([
      { by: 1, max: 0, start: 0 },
      { by: -1, min: 0, start: 0 },
      { by: -1, min: 1, start: 1 },
      { by: 5, max: 6, start: 2 },
    ])("refuses to leave its bounds: %o", async ({ start, ...move }) => {
      const account = freshAccount();
      await commit(store(), account, count(account, start));
      const refused = commit(store(), account, { type: "count", account, counter: "keys", ...move });
      await expect(refused).rejects.toMatchObject({ reason: "limit" });
      expect(await store().readCounter(account, "keys")).toBe(start);
    });

    it("reaches its bounds", async () => {
      const account = freshAccount();
      await commit(store(), account, count(account, 3, 3));
      await commit(store(), account, { type: "count", account, counter: "keys", by: -3, min: 0 });
      expect(await store().readCounter(account, "keys")).toBe(0);
    });

    it("is another one under another name or account", async () => {
      const account = freshAccount();
      await commit(store(), account, count(account, 1));
      expect(await store().readCounter(account, "admins")).toBe(0);
      expect(await store().readCounter(freshAccount(), "keys")).toBe(0);
    });
  });
};
