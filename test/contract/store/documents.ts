import { describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import type { DocumentRecord } from "../../../lib/store/port/records.ts";
import type { SharedStore } from "./opened.ts";
import { commit, freshAccount } from "./samples.ts";

const document = (account: AccountId, change: Partial<DocumentRecord> = {}): DocumentRecord => ({
  account,
  provider: "apigateway",
  kind: "plan",
  id: "plan-1",
  region: "ap-guangzhou",
  version: 1,
  body: { name: "日本", keyIds: ["a"] },
  ...change,
});

const insert = (record: DocumentRecord) => ({ type: "insertDocument", record }) as const;

export const documentRules = (store: SharedStore): void => {
  const read = ({ account, provider, kind, id }: DocumentRecord) =>
    store().readDocument(account, provider, kind, id);

  describe("a document", () => {
    it("comes back as it was written, and that of another account, provider or kind does not", async () => {
      const [account, other] = [freshAccount(), freshAccount()];
      const record = document(account);
      await commit(store(), account, insert(record));
      expect(await read(record)).toEqual(record);
      for (const change of [{ account: other }, { provider: "x" }, { kind: "x" }, { id: "x" }]) {
        expect(await read({ ...record, ...change })).toBeUndefined();
      }
    });

    it("has an id of its own among its kind, over all regions", async () => {
      const account = freshAccount();
      await commit(store(), account, insert(document(account)));
      const again = commit(store(), account, insert(document(account, { region: "ap-beijing" })));
      await expect(again).rejects.toMatchObject({ reason: "exists", write: "insertDocument" });
      await commit(store(), account, insert(document(account, { kind: "machine" })));
      await commit(store(), account, insert(document(account, { provider: "csip" })));
    });

    it("is forgotten after its end, and not before somebody asks for that", async () => {
      const account = freshAccount();
      const [ended, lasting, endless] = [
        document(account, { id: "ended", until: "2026-07-01T00:00:00.000Z" }),
        document(account, { id: "lasting", until: "2026-07-03T00:00:00.000Z" }),
        document(account, { id: "endless" }),
      ];
      for (const record of [ended, lasting, endless]) await commit(store(), account, insert(record));
      expect(await read(ended)).toEqual(ended);
      await store.forget("2026-07-02T00:00:00.000Z");
      expect([await read(ended), await read(lasting), await read(endless)]).toEqual([
        undefined,
        lasting,
        endless,
      ]);
      const longer = { ...lasting, version: 2, until: "2026-07-09T00:00:00.000Z" };
      await commit(store(), account, { type: "replaceDocument", record: longer, expectedVersion: 1 });
      await store.forget("2026-07-05T00:00:00.000Z");
      expect(await read(lasting)).toEqual(longer);
    });

    it("is listed with those whose body says something else, page by page", async () => {
      const account = freshAccount();
      const samples = [
        ["a", "one"],
        ["b", "two"],
        ["c", null],
        ["d", "two"],
        ["e", "one"],
      ] as const;
      for (const [id, pass] of samples)
        await commit(store(), account, insert(document(account, { id, body: { pass } })));
      await commit(store(), account, insert(document(account, { id: "f", kind: "other", body: {} })));
      const page = async (afterId: string, limit: number) => {
        const unlike = { name: "pass", value: "one" };
        const found = await store().listDocumentsUnlike(account, "apigateway", "plan", unlike, {
          afterId,
          limit,
        });
        return found.map(({ id }) => id);
      };
      expect([await page("", 2), await page("c", 2), await page("d", 2)]).toEqual([["b", "c"], ["d"], []]);
    });

    it("is replaced and deleted at its expected version only", async () => {
      const account = freshAccount();
      const record = document(account);
      await commit(store(), account, insert(record));
      const next = { ...record, version: 2, body: { name: "b" } };
      const replace = (expectedVersion: number) =>
        commit(store(), account, { type: "replaceDocument", record: next, expectedVersion });
      const remove = (expectedVersion: number) =>
        commit(store(), account, { type: "deleteDocument", record: next, expectedVersion });
      await expect(replace(2)).rejects.toMatchObject({ reason: "conflict", write: "replaceDocument" });
      await replace(1);
      expect(await read(record)).toEqual(next);
      await expect(remove(1)).rejects.toMatchObject({ reason: "conflict", write: "deleteDocument" });
      await remove(2);
      expect(await read(record)).toBeUndefined();
      await expect(replace(2)).rejects.toMatchObject({ reason: "missing" });
      await expect(remove(2)).rejects.toMatchObject({ reason: "missing" });
    });

    it("is listed with the others of its kind and region, newest first", async () => {
      const account = freshAccount();
      const made = [
        document(account, { id: "a" }),
        document(account, { id: "b", region: "ap-beijing" }),
        document(account, { id: "c" }),
        document(account, { id: "d", kind: "machine" }),
      ];
      for (const record of made) await commit(store(), account, insert(record));
      const listed = await store().listDocuments(account, "apigateway", "plan", "ap-guangzhou");
      expect(listed.map(({ id }) => id)).toEqual(["c", "a"]);
      expect(await store().listDocuments(freshAccount(), "apigateway", "plan", "ap-guangzhou")).toEqual([]);
    });
  });
};
