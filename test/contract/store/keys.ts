import { describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import { commit, deleteKey, freshAccount, insertKey, keyRecord, sealedSecret, withKey } from "./samples.ts";

const insertAlias = (account: AccountId, alias: string, id: string) =>
  ({ type: "insertAlias", account, service: "tokenhub", alias, id }) as const;

export const keyRules = (store: () => Store): void => {
  describe("a key", () => {
    it("comes back as it was written, with its secret", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      const secret = sealedSecret();
      await commit(store(), account, insertKey(record, secret));
      expect(await store().readKey(account, "tokenhub", record.key.id)).toEqual({ record, secret });
    });

    it("that is not there is undefined", async () => {
      expect(await store().readKey(freshAccount(), "tokenhub", "ak-none")).toBeUndefined();
    });

    it("is refused when its id is taken in its account, and only there", async () => {
      const [account, other] = [freshAccount(), freshAccount()];
      const record = keyRecord(account);
      await commit(store(), account, insertKey(record));
      await expect(commit(store(), account, insertKey(record))).rejects.toMatchObject({
        reason: "exists",
        write: "insertKey",
      });
      await commit(store(), other, insertKey(keyRecord(other, { id: record.key.id })));
    });

    it("is replaced at its expected version only", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      const secret = sealedSecret();
      await commit(store(), account, insertKey(record, secret));
      const next = withKey(record, { name: "renamed", version: 2 });
      await commit(store(), account, { type: "replaceKey", record: next, expectedVersion: 1 });
      expect(await store().readKey(account, "tokenhub", record.key.id)).toEqual({ record: next, secret });
      const late = commit(store(), account, { type: "replaceKey", record: next, expectedVersion: 1 });
      await expect(late).rejects.toMatchObject({ reason: "conflict", write: "replaceKey" });
    });

    it("lets one of many replacements of one version pass", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      await commit(store(), account, insertKey(record));
      const settled = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) => {
          const next = withKey(record, { name: `name ${n}`, version: 2 });
          return commit(store(), account, { type: "replaceKey", record: next, expectedVersion: 1 });
        }),
      );
      expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    it("cannot be replaced or deleted when it is not there", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      const replaced = commit(store(), account, { type: "replaceKey", record, expectedVersion: 1 });
      await expect(replaced).rejects.toMatchObject({ reason: "missing", write: "replaceKey" });
      await expect(commit(store(), account, deleteKey(record))).rejects.toMatchObject({
        reason: "missing",
        write: "deleteKey",
      });
    });

    it("is deleted at its expected version only, and its secret with it", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      const secret = sealedSecret();
      await commit(store(), account, insertKey(record, secret));
      await expect(commit(store(), account, deleteKey(record, 2))).rejects.toMatchObject({
        reason: "conflict",
      });
      expect(await store().findKeysByDigest(secret.digest ?? "")).toHaveLength(1);
      await commit(store(), account, deleteKey(record));
      expect(await store().readKey(account, "tokenhub", record.key.id)).toBeUndefined();
      expect(await store().findKeysByDigest(secret.digest ?? "")).toEqual([]);
      const again = sealedSecret();
      await commit(store(), account, insertKey(record, again));
      expect((await store().readKey(account, "tokenhub", record.key.id))?.secret).toEqual(again);
    });

    it("is found by its digest in every account that has it", async () => {
      const [one, two] = [freshAccount(), freshAccount()];
      const secret = sealedSecret();
      const records = [keyRecord(one), keyRecord(two), keyRecord(two)];
      for (const record of records) await commit(store(), record.account, insertKey(record, secret));
      const found = await store().findKeysByDigest(secret.digest ?? "");
      expect(found).toHaveLength(3);
      expect(found).toEqual(expect.arrayContaining(records.map((record) => ({ record, secret }))));
      expect(await store().findKeysByDigest("another digest")).toEqual([]);
    });
  });

  describe("an alias", () => {
    it("finds its key, in its account", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      await commit(store(), account, insertKey(record), insertAlias(account, "old-id", record.key.id));
      expect((await store().readKey(account, "tokenhub", "old-id"))?.record).toEqual(record);
      expect(await store().readKey(freshAccount(), "tokenhub", "old-id")).toBeUndefined();
    });

    it("follows its key through changes and ends with it", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      await commit(store(), account, insertKey(record), insertAlias(account, "old-id", record.key.id));
      const next = withKey(record, { version: 2, status: "disabled" });
      await commit(store(), account, { type: "replaceKey", record: next, expectedVersion: 1 });
      expect((await store().readKey(account, "tokenhub", "old-id"))?.record).toEqual(next);
      await commit(store(), account, deleteKey(next));
      expect(await store().readKey(account, "tokenhub", "old-id")).toBeUndefined();
      await commit(store(), account, insertKey(keyRecord(account, { id: "old-id" })));
    });

    it("and an id never name two keys", async () => {
      const account = freshAccount();
      const [one, two] = [keyRecord(account), keyRecord(account)];
      await commit(store(), account, insertKey(one), insertKey(two));
      await commit(store(), account, insertAlias(account, "old-id", one.key.id));
      const taken = { reason: "exists", write: "insertAlias" };
      await expect(
        commit(store(), account, insertAlias(account, "old-id", two.key.id)),
      ).rejects.toMatchObject(taken);
      await expect(
        commit(store(), account, insertAlias(account, two.key.id, one.key.id)),
      ).rejects.toMatchObject(taken);
      const named = commit(store(), account, insertKey(keyRecord(account, { id: "old-id" })));
      await expect(named).rejects.toMatchObject({ reason: "exists", write: "insertKey" });
    });

    it("with half a surrogate pair finds nothing", async () => {
      expect(await store().readKey(freshAccount(), "tokenhub", "half \ud83d a pair")).toBeUndefined();
    });

    it("that is longer than any that was given finds nothing", async () => {
      expect(await store().readKey(freshAccount(), "tokenhub", "日本".repeat(1000))).toBeUndefined();
      expect(await store().findCredentialBySecretId("x".repeat(3000))).toBeUndefined();
      expect(await store().readDocument(freshAccount(), "p", "plan", "x".repeat(2000))).toBeUndefined();
    });

    it("of no key is refused", async () => {
      const account = freshAccount();
      const refused = commit(store(), account, insertAlias(account, "old-id", "ak-none"));
      await expect(refused).rejects.toMatchObject({ reason: "missing", write: "insertAlias" });
    });
  });
};
