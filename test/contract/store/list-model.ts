import fc from "fast-check";
import { expect, it } from "vitest";
import type { KeyRecord } from "../../../lib/keys/record.ts";
import type { KeyFilter, KeyQuery } from "../../../lib/store/port/key-query.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import { commit, deleteKey, freshAccount, insertKey, keyQuery, keyRecord, withKey } from "./samples.ts";

const ids = ["k1", "k2", "k3", "k4", "k5", "k6"] as const;
const names = fc.constantFrom("a", "A", "ab", "b%", "_", "");
const statuses = fc.constantFrom("enabled", "disabled");

const step = fc.oneof(
  fc.record({
    do: fc.constant("insert" as const),
    id: fc.constantFrom(...ids),
    name: names,
    status: statuses,
    second: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({
    do: fc.constant("replace" as const),
    id: fc.constantFrom(...ids),
    name: names,
    status: statuses,
  }),
  fc.record({ do: fc.constant("delete" as const), id: fc.constantFrom(...ids) }),
);

const times = ["2026-07-01T00:00:00.000Z", "2026-07-01T00:00:02.000Z"] as const;
const pieces = fc.array(fc.oneof(names, fc.constantFrom("k1", "k", "ENABLED", "enabled", "model")), {
  maxLength: 3,
});
const filter: fc.Arbitrary<KeyFilter> = fc.oneof(
  fc.record({
    field: fc.constantFrom("id", "name", "status", "variant"),
    op: fc.constantFrom("equals", "contains", "not", "lacks"),
    values: pieces,
  }),
  fc.record({ field: fc.constant("nameOrId"), op: fc.constant("contains"), values: pieces }),
  fc.record({
    field: fc.constantFrom("createdAt", "activeAt"),
    op: fc.constantFrom("before", "from"),
    values: fc.tuple(fc.constantFrom(...times, "2026-07-01T00:00:00.001Z", "2027-01-01T00:00:00.000Z")),
  }),
);

const listing = fc.record({
  filters: fc.array(filter, { maxLength: 2 }),
  sort: fc.record({ by: fc.constantFrom("createdAt", "name"), order: fc.constantFrom("asc", "desc") }),
  offset: fc.integer({ min: 0, max: 4 }),
  limit: fc.integer({ min: 1, max: 4 }),
});

/** The texts of a record that a filter looks at. */
const textsOf = ({ variant, key }: KeyRecord, field: KeyFilter["field"]): readonly string[] => {
  switch (field) {
    case "digest":
    case "team":
      throw new Error(`the model knows no ${field}`);
    case "variant":
      return [variant];
    case "nameOrId":
      return [key.name, key.id];
    case "activeAt":
      return [key.lastUsedAt ?? key.createdAt];
    default:
      return [key[field]];
  }
};

const matches = (record: KeyRecord, { field, op, values }: KeyFilter): boolean => {
  const texts = textsOf(record, field);
  const isSome = (test: (text: string, value: string) => boolean): boolean =>
    texts.some((text) => values.some((value) => test(text, value)));
  const contains = (): boolean => isSome((text, value) => text.toLowerCase().includes(value.toLowerCase()));
  switch (op) {
    case "equals":
      return isSome((text, value) => text === value);
    case "not":
      return !isSome((text, value) => text === value);
    case "contains":
      return contains();
    case "lacks":
      return !contains();
    case "before":
      return isSome((text, value) => Date.parse(text) < Date.parse(value));
    case "from":
      return isSome((text, value) => Date.parse(text) >= Date.parse(value));
  }
};

/** `records` are in the order of creation, which a stable sort keeps. */
const expected = (records: readonly KeyRecord[], { filters, sort }: Pick<KeyQuery, "filters" | "sort">) => {
  const kept = records.filter((record) => filters.every((one) => matches(record, one)));
  const by = (record: KeyRecord): string => record.key[sort.by];
  kept.sort((one, two) => (by(one) < by(two) ? -1 : by(one) > by(two) ? 1 : 0));
  return sort.order === "asc" ? kept : kept.reverse();
};

export const listModel = (store: () => Store): void => {
  it("lists like a plain list in memory, whatever was inserted, replaced and deleted", async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.array(listing, { minLength: 1, maxLength: 4 }),
      async (steps, listings) => {
        const account = freshAccount();
        let model: KeyRecord[] = [];
        // Not awaited one by one: the order of calls is the order of writes.
        const commits: Promise<unknown>[] = [];
        for (const one of steps) {
          const old = model.find((record) => record.key.id === one.id);
          if (one.do === "insert" && old === undefined) {
            const record = keyRecord(account, { ...one, createdAt: `2026-07-01T00:00:0${one.second}.000Z` });
            model.push(record);
            commits.push(commit(store(), account, insertKey(record)));
          } else if (one.do === "replace" && old !== undefined) {
            const { version } = old.key;
            const record = withKey(old, { name: one.name, status: one.status, version: version + 1 });
            model = model.map((other) => (other === old ? record : other));
            commits.push(commit(store(), account, { type: "replaceKey", record, expectedVersion: version }));
          } else if (one.do === "delete" && old !== undefined) {
            model = model.filter((other) => other !== old);
            commits.push(commit(store(), account, deleteKey(old)));
          }
        }
        await Promise.all(commits);
        for (const { filters, sort, offset, limit } of listings) {
          const query = keyQuery(account, { filters, sort, page: { type: "offset", offset, limit } });
          const wanted = expected(model, query);
          const page = await store().listKeys(query);
          expect(page.items).toEqual(wanted.slice(offset, offset + limit));
          expect(page.total).toBe(wanted.length);
          const first = await store().listKeys({ ...query, page: { type: "cursor", after: null, limit } });
          expect(first.items).toEqual(wanted.slice(0, limit));
          expect(first.next === null).toBe(wanted.length <= limit);
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
};
