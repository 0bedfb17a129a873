import { describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import type { KeyFilter, KeyQuery } from "../../../lib/store/port/key-query.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import {
  commit,
  deleteKey,
  freshAccount,
  insertKey,
  type KeySample,
  keyQuery,
  keyRecord,
  listedIds,
  withKey,
} from "./samples.ts";

const second = (n: number): string => `2026-07-01T00:00:${String(n).padStart(2, "0")}.000Z`;

const insertAll = async (store: Store, account: AccountId, samples: readonly KeySample[]): Promise<void> => {
  for (const sample of samples) await commit(store, account, insertKey(keyRecord(account, sample)));
};

/** Ids of all cursor pages from `after` on. */
const walk = async (
  store: Store,
  query: KeyQuery,
  limit: number,
  after: string | null,
): Promise<string[]> => {
  const ids: string[] = [];
  let next = after;
  do {
    const page = await store.listKeys({ ...query, page: { type: "cursor", after: next, limit } });
    expect(page.total).toBeNull();
    ids.push(...page.items.map((record) => record.key.id));
    next = page.next;
  } while (next !== null);
  return ids;
};

const sorts: readonly KeyQuery["sort"][] = [
  { by: "createdAt", order: "desc" },
  { by: "createdAt", order: "asc" },
  { by: "name", order: "asc" },
  { by: "name", order: "desc" },
];

const filtered: readonly KeySample[] = [
  { id: "ak-1", name: "Alpha", status: "enabled", variant: "model", createdAt: second(1) },
  { id: "ak-2", name: "alphabet", status: "disabled", variant: "endpoint", createdAt: second(2) },
  { id: "ak-3", name: "50%_off", status: "enabled", variant: "endpoint", createdAt: second(3) },
  { id: "ak-4", name: "ÄPFEL \\ 日本", status: "disabled", variant: "all", createdAt: second(4) },
  { id: "AK-5", name: "beta", status: "enabled", variant: "model", createdAt: second(5) },
];

const filterCases: readonly (readonly [filters: readonly KeyFilter[], ids: readonly string[]])[] = [
  [[{ field: "status", op: "equals", values: ["enabled"] }], ["AK-5", "ak-3", "ak-1"]],
  [[{ field: "status", op: "not", values: ["enabled"] }], ["ak-4", "ak-2"]],
  [[{ field: "variant", op: "equals", values: ["model", "all"] }], ["AK-5", "ak-4", "ak-1"]],
  [[{ field: "variant", op: "not", values: ["model", "all"] }], ["ak-3", "ak-2"]],
  [[{ field: "id", op: "equals", values: ["ak-2"] }], ["ak-2"]],
  [[{ field: "id", op: "equals", values: ["ak-4", "ak-2", "ak-9", "ak-2"] }], ["ak-4", "ak-2"]],
  [[{ field: "id", op: "equals", values: ["ak-5"] }], []],
  [[{ field: "id", op: "contains", values: ["ak-"] }], ["AK-5", "ak-4", "ak-3", "ak-2", "ak-1"]],
  [[{ field: "id", op: "not", values: ["ak-4"] }], ["AK-5", "ak-3", "ak-2", "ak-1"]],
  [[{ field: "name", op: "equals", values: ["alpha"] }], []],
  [[{ field: "name", op: "equals", values: ["Alpha", "beta"] }], ["AK-5", "ak-1"]],
  [[{ field: "name", op: "contains", values: ["ALPHA"] }], ["ak-2", "ak-1"]],
  [[{ field: "name", op: "contains", values: ["bet", "OFF"] }], ["AK-5", "ak-3", "ak-2"]],
  [[{ field: "name", op: "contains", values: ["%"] }], ["ak-3"]],
  [[{ field: "name", op: "contains", values: ["_"] }], ["ak-3"]],
  [[{ field: "name", op: "contains", values: ["\\"] }], ["ak-4"]],
  [[{ field: "name", op: "contains", values: ["本"] }], ["ak-4"]],
  [[{ field: "name", op: "contains", values: ["pfel"] }], ["ak-4"]],
  [[{ field: "name", op: "contains", values: ["ä"] }], []],
  [[{ field: "name", op: "contains", values: [""] }], ["AK-5", "ak-4", "ak-3", "ak-2", "ak-1"]],
  [[{ field: "name", op: "equals", values: [] }], []],
  [[{ field: "name", op: "contains", values: [] }], []],
  [[{ field: "name", op: "not", values: [] }], ["AK-5", "ak-4", "ak-3", "ak-2", "ak-1"]],
  [
    [
      { field: "status", op: "equals", values: ["enabled"] },
      { field: "variant", op: "not", values: ["model"] },
      { field: "name", op: "contains", values: ["off"] },
    ],
    ["ak-3"],
  ],
  [
    [
      { field: "name", op: "contains", values: ["alpha"] },
      { field: "name", op: "not", values: ["Alpha"] },
    ],
    ["ak-2"],
  ],
];

export const listRules = (store: () => Store): void => {
  describe("a list of keys", () => {
    it("is empty where nothing was created", async () => {
      const page = await store().listKeys(keyQuery(freshAccount()));
      expect(page).toEqual({ items: [], total: 0, next: null, cursors: [] });
    });

    it("can be gone on with after any of its items, and knows the regions there are", async () => {
      const account = freshAccount();
      const samples = ["a", "b", "c", "d"].map((id, place) => ({ id, createdAt: second(place % 2) }));
      await insertAll(store(), account, samples);
      await insertAll(store(), account, [{ id: "e", region: "ap-singapore" }]);
      const whole = await listedIds(store(), keyQuery(account));
      const page = (after: string | null) =>
        store().listKeys(keyQuery(account, { page: { type: "cursor", after, limit: 4 } }));
      const { items, cursors } = await page(null);
      expect(items).toHaveLength(4);
      for (const [place, cursor] of cursors.entries()) {
        const rest = (await page(cursor)).items.map((record) => record.key.id);
        expect(rest).toEqual(whole.slice(place + 1));
      }
      expect(await store().listRegions(account, "tokenhub")).toEqual(["ap-guangzhou", "ap-singapore"]);
      expect(await store().listRegions(account, "aione")).toEqual([]);
      expect(await store().listRegions(freshAccount(), "tokenhub")).toEqual([]);
    });

    it("is counted with those of other accounts and regions, by provider, as long as it has keys", async () => {
      const [one, another] = [freshAccount(), freshAccount()];
      const [full, emptied] = [`full-${one}`, `emptied-${one}`];
      await insertAll(store(), one, [{ provider: full }, { provider: full, region: "ap-singapore" }]);
      await insertAll(store(), another, [{ provider: full }]);
      const gone = keyRecord(one, { provider: emptied });
      await commit(store(), one, insertKey(gone));
      await commit(store(), one, deleteKey(gone));
      const counts = await store().countKeys();
      expect(counts.filter(({ provider }) => provider === full)).toEqual([{ provider: full, keys: 3 }]);
      expect(counts.map(({ provider }) => provider)).not.toContain(emptied);
    });

    it("keeps what its owning team has", async () => {
      const account = freshAccount();
      const owned = (id: string, team: string | null) => {
        const record = keyRecord(account, { id });
        return insertKey(withKey(record, { owner: { ...record.key.owner, team } }));
      };
      await commit(store(), account, owned("a", "one"));
      await commit(store(), account, owned("b", "two"));
      await commit(store(), account, owned("c", null));
      const of = async (...values: string[]) =>
        (
          await listedIds(store(), keyQuery(account, { filters: [{ field: "team", op: "equals", values }] }))
        ).toSorted();
      expect([await of("one"), await of("one", "two"), await of("null"), await of()]).toEqual([
        ["a"],
        ["a", "b"],
        [],
        [],
      ]);
    });

    it("sorts by time and by name, ties by the order of creation, both ways", async () => {
      const account = freshAccount();
      const samples = [
        { id: "a", name: "x", createdAt: second(2) },
        { id: "b", name: "Y", createdAt: second(1) },
        { id: "c", name: "x", createdAt: second(2) },
        { id: "d", name: "w", createdAt: second(3) },
      ];
      await insertAll(store(), account, samples);
      const [newest, oldest, first, last] = await Promise.all(
        sorts.map((sort) => listedIds(store(), keyQuery(account, { sort }))),
      );
      expect(newest).toEqual(["d", "c", "a", "b"]);
      expect(oldest).toEqual(["b", "a", "c", "d"]);
      expect(first).toEqual(["b", "d", "a", "c"]);
      expect(last).toEqual(["c", "a", "d", "b"]);
    });

    it.each(filterCases)("keeps what its filters match: %j", async (filters, ids) => {
      const account = freshAccount();
      await insertAll(store(), account, filtered);
      const page = await store().listKeys(keyQuery(account, { filters }));
      expect(page.items.map((record) => record.key.id)).toEqual(ids);
      expect(page.total).toBe(ids.length);
      expect(await walk(store(), keyQuery(account, { filters }), 1, null)).toEqual(ids);
      const byName = await listedIds(
        store(),
        keyQuery(account, { filters, sort: { by: "name", order: "asc" } }),
      );
      expect([...byName].sort()).toEqual([...ids].sort());
    });

    it.each(sorts)("is the same by cursor and by offset: %o", async (sort) => {
      const account = freshAccount();
      const samples = Array.from({ length: 23 }, (_, n) => ({
        id: `ak-${n}`,
        name: `name ${n % 5}`,
        createdAt: second(n % 7),
      }));
      await insertAll(store(), account, samples);
      const query = keyQuery(account, { sort });
      const offsets = [0, 5, 10, 15, 20, 25].map((offset) =>
        listedIds(store(), { ...query, page: { type: "offset", offset, limit: 5 } }),
      );
      const all = (await Promise.all(offsets)).flat();
      expect(new Set(all).size).toBe(23);
      expect(await walk(store(), query, 5, null)).toEqual(all);
      expect(await walk(store(), query, 23, null)).toEqual(all);
      expect(await walk(store(), query, 1, null)).toEqual(all);
    });

    it.each(sorts)("has no gaps or repeats when keys come and go between cursor pages: %o", async (sort) => {
      const account = freshAccount();
      const old = Array.from({ length: 12 }, (_, n) => `ak-${String(n).padStart(2, "0")}`);
      const sample = (id: string, n: number): KeySample => ({ id, name: id, createdAt: second(n) });
      await insertAll(store(), account, old.map(sample));
      const page = await store().listKeys(
        keyQuery(account, { sort, page: { type: "cursor", after: null, limit: 4 } }),
      );
      const seen = page.items.map((record) => record.key.id);
      for (const [n, id] of ["ak-00x", "ak-05x", "ak-11x"].entries())
        await insertAll(store(), account, [sample(id, n * 5)]);
      for (const record of page.items.slice(2)) await commit(store(), account, deleteKey(record));
      const rest = await walk(store(), keyQuery(account, { sort }), 3, page.next);
      const stayed = [...seen, ...rest].filter((id) => !id.endsWith("x"));
      expect(stayed).toEqual(sort.order === "asc" ? old : [...old].reverse());
      expect(new Set(rest).size).toBe(rest.length);
    });

    it("counts all matches and not the page, before and after changes", async () => {
      const account = freshAccount();
      await insertAll(store(), account, filtered);
      const enabled: KeyFilter = { field: "status", op: "equals", values: ["enabled"] };
      const total = async (filters: readonly KeyFilter[], offset = 0, limit = 1) =>
        (await store().listKeys(keyQuery(account, { filters, page: { type: "offset", offset, limit } })))
          .total;
      expect(await total([])).toBe(5);
      expect(await total([], 100)).toBe(5);
      expect(await total([], 0, 0)).toBe(5);
      expect(await total([enabled])).toBe(3);
      expect(await total([enabled], 100)).toBe(3);
      const [record] = (await store().listKeys(keyQuery(account))).items;
      if (record === undefined) throw new Error("no key");
      const disabled = withKey(record, { status: "disabled", version: 2 });
      await commit(store(), account, { type: "replaceKey", record: disabled, expectedVersion: 1 });
      expect(await total([])).toBe(5);
      expect(await total([enabled])).toBe(2);
      await commit(store(), account, deleteKey(disabled));
      expect(await total([])).toBe(4);
      await expect(commit(store(), account, insertKey(keyRecord(account, { id: "ak-1" })))).rejects.toThrow();
      expect(await total([])).toBe(4);
    });

    it("is one provider's and one region's", async () => {
      const account = freshAccount();
      await insertAll(store(), account, [
        { id: "here" },
        { id: "elsewhere", region: "ap-beijing" },
        { id: "other", provider: "another" },
      ]);
      for (const [change, id] of [
        [{}, "here"],
        [{ region: "ap-beijing" }, "elsewhere"],
        [{ provider: "another" }, "other"],
      ] as const) {
        const page = await store().listKeys(keyQuery(account, change));
        expect([page.items.map((record) => record.key.id), page.total]).toEqual([[id], 1]);
        const filters = [{ field: "id", op: "contains", values: ["e"] }] as const;
        expect(await listedIds(store(), keyQuery(account, { ...change, filters }))).toEqual([id]);
        const byId = [{ field: "id", op: "equals", values: ["here", "elsewhere", "other"] }] as const;
        expect(await listedIds(store(), keyQuery(account, { ...change, filters: byId }))).toEqual([id]);
      }
    });

    it.each(["", "x", "bm90IGpzb24", "WyJhIl0", "WzEsMl0=", "W251bGwsMV0", "WzEsMS41XQ", "WzEsMV0 ", "日本"])(
      "refuses a cursor that it did not make: %j",
      async (after) => {
        const account = freshAccount();
        const query = keyQuery(account, { page: { type: "cursor", after, limit: 5 } });
        await expect(store().listKeys(query)).rejects.toThrow(new RangeError("cursor"));
      },
    );

    it.each(["asc", "desc"] as const)("by name goes on behind names of any script: %s", async (order) => {
      const account = freshAccount();
      const names = ["a", "日本", "ＡＢＣ", "\ufffd", "😀"];
      await insertAll(
        store(),
        account,
        names.map((name, n) => ({ name, id: `ak-${n}` })),
      );
      const ids = names.map((_, n) => `ak-${n}`);
      const query = keyQuery(account, { sort: { by: "name", order } });
      expect(await walk(store(), query, 1, null)).toEqual(order === "asc" ? ids : ids.toReversed());
    });

    it("by name goes on behind a name that cannot be encoded", async () => {
      const account = freshAccount();
      const names = ["a", "half \ud83d a pair", "z"];
      await insertAll(
        store(),
        account,
        names.map((name, n) => ({ name, id: `ak-${n}` })),
      );
      const query = keyQuery(account, { sort: { by: "name", order: "asc" } });
      expect(await walk(store(), query, 1, null)).toEqual(["ak-0", "ak-1", "ak-2"]);
    });

    it("ends where a cursor is beyond all that a filter by name leaves", async () => {
      const account = freshAccount();
      await insertAll(
        store(),
        account,
        ["a", "b", "c"].map((name) => ({ name })),
      );
      for (const order of ["asc", "desc"] as const) {
        const sort = { by: "name", order } as const;
        const page = { type: "cursor", after: null, limit: 2 } as const;
        const { next } = await store().listKeys(keyQuery(account, { sort, page }));
        const filters = [{ field: "name", op: "equals", values: [order === "asc" ? "a" : "c"] }] as const;
        expect(await walk(store(), keyQuery(account, { sort, filters }), 2, next)).toEqual([]);
      }
    });

    it("refuses the cursor of another sort", async () => {
      const account = freshAccount();
      await insertAll(store(), account, filtered);
      const query = keyQuery(account, { sort: { by: "name", order: "asc" } });
      const { next } = await store().listKeys({ ...query, page: { type: "cursor", after: null, limit: 2 } });
      const mixed = store().listKeys(keyQuery(account, { page: { type: "cursor", after: next, limit: 2 } }));
      await expect(mixed).rejects.toThrow(new RangeError("cursor"));
    });
  });
};
