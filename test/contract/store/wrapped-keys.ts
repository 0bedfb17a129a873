import { describe, expect, it } from "vitest";
import type { WrappedKey } from "../../../lib/store/port/records.ts";
import { type OpenStore, withStore } from "./opened.ts";

const wrappedKey = (id: string, change: Partial<WrappedKey> = {}): WrappedKey => ({
  id,
  purpose: "data",
  account: "100000000001",
  masterId: "master-1",
  wrapped: `wrapped-${id}`,
  createdAt: "2026-07-01T00:00:00.000Z",
  ...change,
});

export const wrappedKeyRules = (open: OpenStore): void => {
  describe("wrapped keys", () => {
    it("are kept under the master key that the store names, and under no other", () =>
      withStore(open, async ({ store }) => {
        expect(await store.readMasterId()).toBeUndefined();
        expect(await store.keepWrappedKey(wrappedKey("dk_1"))).toBeUndefined();
        await store.setMasterId("master-1");
        expect(await store.readMasterId()).toBe("master-1");
        expect(await store.keepWrappedKey(wrappedKey("dk_1", { masterId: "master-0" }))).toBeUndefined();
        expect(await store.listWrappedKeys("data", "100000000001")).toEqual([]);
        expect(await store.keepWrappedKey(wrappedKey("dk_1"))).toEqual(wrappedKey("dk_1"));
        expect(await store.listWrappedKeys("data", "100000000001")).toEqual([wrappedKey("dk_1")]);
      }));

    it("stand from the first of many makers on, per purpose and account", () =>
      withStore(open, async ({ store }) => {
        await store.setMasterId("master-1");
        const kept = await Promise.all(
          Array.from({ length: 10 }, (_, n) => store.keepWrappedKey(wrappedKey(`dk_${n}`))),
        );
        expect(new Set(kept.map((row) => row?.id)).size).toBe(1);
        expect(await store.listWrappedKeys("data", "100000000001")).toEqual([kept[0]]);
        const others = [
          wrappedKey("hk_1", { purpose: "digest", account: "" }),
          wrappedKey("ck_1", { purpose: "checkpoint", account: "" }),
          wrappedKey("dk_x", { account: "100000000002" }),
        ];
        for (const row of others) {
          expect(await store.keepWrappedKey(row)).toEqual(row);
          expect(await store.listWrappedKeys(row.purpose, row.account)).toEqual([row]);
        }
      }));

    it("are the one that stands even after the store moved to another master key", () =>
      withStore(open, async ({ store }) => {
        await store.setMasterId("master-1");
        await store.keepWrappedKey(wrappedKey("dk_1"));
        await store.setMasterId("master-2");
        expect(await store.keepWrappedKey(wrappedKey("dk_2"))).toEqual(wrappedKey("dk_1"));
        expect(await store.keepWrappedKey(wrappedKey("dk_3", { account: "100000000002" }))).toBeUndefined();
      }));

    it("are rewrapped only where the stored wrapping is the one that was read", () =>
      withStore(open, async ({ store }) => {
        await store.setMasterId("master-1");
        const rows = ["1", "2", "3"].map((n) => wrappedKey(`dk_${n}`, { account: n }));
        for (const row of rows) await store.keepWrappedKey(row);
        await store.setMasterId("master-2");
        expect(await store.listWrappedByOthers("master-2", 2)).toHaveLength(2);
        expect(await store.listWrappedByOthers("master-2", 10)).toEqual(expect.arrayContaining(rows));
        expect(await store.listWrappedByOthers("master-1", 10)).toEqual([]);
        const again = rows.map((row) => ({ ...row, masterId: "master-2", wrapped: `${row.wrapped}-2` }));
        const froms = ["master-1", "master-0", "master-1"];
        await store.rewrap(again.map((row, n) => ({ row, from: froms[n] ?? "" })));
        const stored = await Promise.all(rows.map((row) => store.listWrappedKeys("data", row.account)));
        expect(stored).toEqual([[again[0]], [rows[1]], [again[2]]]);
        expect(await store.listWrappedByOthers("master-2", 10)).toEqual([rows[1]]);
        await store.rewrap([
          { row: { ...rows[0], ...wrappedKey("dk_1", { account: "1" }) }, from: "master-1" },
        ]);
        expect(await store.listWrappedKeys("data", "1")).toEqual([again[0]]);
      }));
  });
};
