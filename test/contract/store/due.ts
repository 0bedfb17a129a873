import { describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import type { DocumentRecord } from "../../../lib/store/port/records.ts";
import { type DocumentWrite, progressMax } from "../../../lib/store/port/unit.ts";
import type { SharedStore } from "./opened.ts";
import { auditDraft, commit, freshAccount } from "./samples.ts";

let kinds = 0;
/** What is due is found over all accounts: each test has a kind of its own. */
const freshKind = (): string => {
  kinds += 1;
  return `job-${kinds}`;
};

const noon = (minute: number): string => `2026-07-01T12:${String(minute).padStart(2, "0")}:00.000Z`;

const sample = (account: AccountId, kind: string, id: string, due?: string): DocumentRecord => ({
  account,
  provider: "aione",
  kind,
  id,
  region: "",
  version: 1,
  body: { step: "create" },
  ...(due !== undefined && { due }),
});

const insert = (record: DocumentRecord): DocumentWrite => ({ type: "insertDocument", record });
const replace = (record: DocumentRecord, expectedVersion = record.version - 1): DocumentWrite => ({
  type: "replaceDocument",
  record,
  expectedVersion,
});

export const dueRules = (store: SharedStore): void => {
  const due = async (kind: string, now: string, limit = 100): Promise<readonly string[]> =>
    (await store().listDue(kind, now, limit)).map(({ id }) => id);

  describe("what is due", () => {
    it("is found by its time over all accounts, the longest due first", async () => {
      const kind = freshKind();
      const records = [
        sample(freshAccount(), kind, "late", noon(9)),
        sample(freshAccount(), kind, "first", noon(1)),
        sample(freshAccount(), kind, "never"),
        ...Array.from({ length: 12 }, (_, at) => sample(freshAccount(), kind, `middle-${at}`, noon(3))),
      ];
      for (const record of records) await commit(store(), record.account, insert(record));
      expect(await due(kind, noon(0))).toEqual([]);
      expect(await due(kind, noon(1))).toEqual(["first"]);
      const all = await due(kind, noon(10));
      expect([all[0], all.at(-1), all.length]).toEqual(["first", "late", 14]);
      expect((await due(kind, noon(10), 2))[0]).toBe("first");
      expect(await due(freshKind(), noon(10))).toEqual([]);
      expect(await store().listDue(kind, noon(1), 1)).toEqual([records[1]]);
    });

    it("moves with its document, and goes with it", async () => {
      const [account, kind] = [freshAccount(), freshKind()];
      const first = sample(account, kind, "a/b#c", noon(1));
      await store().progress([insert(first)]);
      const moved = { ...first, version: 2, due: noon(5) };
      await store().progress([replace(moved)]);
      expect([await due(kind, noon(4)), await due(kind, noon(5))]).toEqual([[], ["a/b#c"]]);
      const { due: _, ...idle } = { ...moved, version: 3 };
      await store().progress([replace(idle)]);
      expect(await due(kind, noon(9))).toEqual([]);
      await store().progress([replace({ ...moved, version: 4 })]);
      await store().progress([{ type: "deleteDocument", record: moved, expectedVersion: 4 }]);
      expect(await due(kind, noon(9))).toEqual([]);
    });
  });

  describe("the progress of a job", () => {
    it("is written together or not at all, and leaves no entry in the chain", async () => {
      const [account, kind] = [freshAccount(), freshKind()];
      const [one, other] = [sample(account, kind, "one"), sample(account, kind, "other")];
      await store().progress([insert(one)]);
      const wrong = store().progress([insert(other), replace({ ...one, version: 3 }, 2)]);
      await expect(wrong).rejects.toMatchObject({ reason: "conflict", write: "replaceDocument" });
      expect(await store().readDocument(account, "aione", kind, "other")).toBeUndefined();
      await store().progress([insert(other), replace({ ...one, version: 2 })]);
      expect((await store().readDocument(account, "aione", kind, "one"))?.version).toBe(2);
      await expect(store().progress([insert(one)])).rejects.toMatchObject({ reason: "exists" });
      await store().progress([]);
      expect((await store().readAuditHead(account)).seq).toBe(0);
    });

    it("takes as many documents as it says, each of them due before and after", async () => {
      const [account, kind] = [freshAccount(), freshKind()];
      const many = Array.from({ length: progressMax }, (_, n) => sample(account, kind, `d${n}`, noon(1)));
      await store().progress(many.map(insert));
      await store().progress(many.map((record) => replace({ ...record, version: 2, due: noon(2) })));
      expect([await due(kind, noon(1)), (await due(kind, noon(2))).length]).toEqual([[], progressMax]);
    });

    it("is one of those that want to take the same step", async () => {
      const [account, kind] = [freshAccount(), freshKind()];
      const record = sample(account, kind, "one", noon(1));
      await store().progress([insert(record)]);
      const takers = await Promise.allSettled(
        Array.from({ length: 8 }, (_, at) =>
          store().progress([replace({ ...record, version: 2, body: { taker: at } })]),
        ),
      );
      expect(takers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      for (const one of takers) {
        if (one.status === "rejected") expect(one.reason).toMatchObject({ reason: "conflict" });
      }
    });
  });

  describe("a list of documents backwards", () => {
    it("goes by ids, from the last, page by page, over all regions", async () => {
      const [account, kind] = [freshAccount(), freshKind()];
      for (const id of ["b", "d", "a", "e", "c"]) await store().progress([insert(sample(account, kind, id))]);
      await store().progress([insert(sample(freshAccount(), kind, "f"))]);
      await store().progress([insert(sample(account, freshKind(), "f"))]);
      const page = async (before: string | null, limit: number): Promise<readonly string[]> =>
        (await store().listDocumentsBackwards(account, "aione", kind, { before, limit })).map(({ id }) => id);
      expect([await page(null, 2), await page("d", 2), await page("b", 9), await page("a", 9)]).toEqual([
        ["e", "d"],
        ["c", "b"],
        ["a"],
        [],
      ]);
    });
  });

  describe("the log of events", () => {
    const write = (account: AccountId, minute: number, ...ids: readonly string[]) =>
      store().commit({
        account,
        writes: [],
        audit: { ...auditDraft(), time: noon(minute) },
        events: ids.map((id) => ({
          id,
          type: "key.updated",
          time: noon(minute),
          subject: "tokenhub/ak-1",
          version: 1,
          data: { text: 'quotes " and 日本' },
        })),
      });

    it("is read from any place on, in the order of the commits, and holds one account's", async () => {
      const [account, other] = [freshAccount(), freshAccount()];
      expect([await store().lastEventSeq(account), await store().readEvents(account, 0, 5)]).toEqual([0, []]);
      await write(account, 1, "a", "b", "c");
      await write(other, 1, "x");
      await write(account, 2);
      await write(account, 3, "d");
      const all = await store().readEvents(account, 0, 10);
      expect(all.map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
      expect(all[0]).toMatchObject({ type: "key.updated", version: 1, data: { text: 'quotes " and 日本' } });
      expect(await store().lastEventSeq(account)).toBe(all.at(-1)?.seq);
      for (const [at, { seq }] of all.entries()) {
        const rest = await store().readEvents(account, seq, 2);
        expect(rest).toEqual(all.slice(at + 1, at + 3));
      }
    });

    it("tells the place where the events of a time begin", async () => {
      const account = freshAccount();
      for (const minute of [1, 2, 2, 4, 5, 9]) await write(account, minute, `${minute}-one`, `${minute}-two`);
      const from = async (minute: number): Promise<string | undefined> => {
        const seq = await store().eventSeqBefore(account, noon(minute));
        return (await store().readEvents(account, seq, 1))[0]?.id;
      };
      expect([await from(0), await from(2), await from(3), await from(9), await from(10)]).toEqual([
        "1-one",
        "2-one",
        "4-one",
        "9-one",
        undefined,
      ]);
      expect(await store().eventSeqBefore(freshAccount(), noon(1))).toBe(0);
    });

    it("forgets what is older than it is kept", async () => {
      const account = freshAccount();
      await write(account, 1, "old");
      await write(account, 2, "new");
      await store.forget("2026-07-31T12:01:30.000Z");
      expect((await store().readEvents(account, 0, 9)).map(({ id }) => id)).toEqual(["new"]);
    });
  });
};
