import { describe, expect, it } from "vitest";
import type { KeyRecord } from "../../../lib/keys/record.ts";
import type { SealedSecret } from "../../../lib/store/port/records.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import { commit, deleteKey, freshAccount, insertKey, keyQuery, keyRecord, sealedSecret } from "./samples.ts";

const until = "2026-07-02T00:00:00.000Z";

const rotated = (record: KeyRecord): KeyRecord => ({
  ...record,
  generation: record.generation + 1,
  key: { ...record.key, version: record.key.version + 1 },
});

/** Gives the key another secret; the one before stays until its end. */
const rotate = async (
  store: Store,
  record: KeyRecord,
  old: readonly SealedSecret[],
): Promise<{ readonly next: KeyRecord; readonly secret: SealedSecret }> => {
  const next = rotated(record);
  const secret = { ...sealedSecret(), generation: next.generation };
  await commit(store, record.account, {
    type: "replaceKey",
    record: next,
    expectedVersion: record.key.version,
    secrets: [secret, ...old],
  });
  return { next, secret };
};

export const secretRules = (store: () => Store): void => {
  describe("the secrets of a key", () => {
    it("are all found by their digests, each as itself, and the key is read with the current one", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      const first = sealedSecret();
      await commit(store(), account, insertKey(record, first));
      const old = { ...first, until };
      const { next, secret } = await rotate(store(), record, [old]);
      expect(await store().readKey(account, "tokenhub", record.key.id)).toEqual({ record: next, secret });
      expect(await store().findKeysByDigest(secret.digest ?? "")).toEqual([{ record: next, secret }]);
      expect(await store().findKeysByDigest(old.digest ?? "")).toEqual([{ record: next, secret: old }]);
    });

    it("are read by their generation while they are there, by nobody else", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      const first = sealedSecret();
      await commit(store(), account, insertKey(record, first));
      const old = { ...first, until };
      const { next, secret } = await rotate(store(), record, [old]);
      const read = (generation: number, of = account) =>
        store().readSecret(of, "tokenhub", record.key.id, generation);
      expect([await read(1), await read(2), await read(3)]).toEqual([old, secret, undefined]);
      expect(await read(2, freshAccount())).toBeUndefined();
      await rotate(store(), next, []);
      expect([await read(1), await read(2)]).toEqual([undefined, undefined]);
    });

    it("are only those that the last replacement named", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      const first = sealedSecret();
      await commit(store(), account, insertKey(record, first));
      const second = await rotate(store(), record, [{ ...first, until }]);
      const third = await rotate(store(), second.next, [{ ...second.secret, until }]);
      expect(await store().findKeysByDigest(first.digest ?? "")).toEqual([]);
      expect(await store().findKeysByDigest(second.secret.digest ?? "")).toHaveLength(1);
      await commit(store(), account, deleteKey(third.next));
      for (const { digest } of [second.secret, third.secret]) {
        expect(await store().findKeysByDigest(digest ?? "")).toEqual([]);
      }
    });

    it("must hold the current one of the key's generation", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      const first = sealedSecret();
      await commit(store(), account, insertKey(record, first));
      const next = rotated(record);
      const replace = (secrets: readonly SealedSecret[]) =>
        commit(store(), account, { type: "replaceKey", record: next, expectedVersion: 1, secrets });
      await expect(replace([])).rejects.toThrow();
      await expect(replace([first])).rejects.toThrow();
      await expect(replace([{ ...first, generation: 2, until }])).rejects.toThrow();
      const found = await store().readKey(account, "tokenhub", record.key.id);
      expect(found).toEqual({ record, secret: first });
    });

    it("of which the current one lists a key by its digest", async () => {
      const account = freshAccount();
      const [one, two] = [keyRecord(account), keyRecord(account)];
      const [first, second] = [sealedSecret(), sealedSecret()];
      await commit(store(), account, insertKey(one, first), insertKey(two, second));
      const { secret } = await rotate(store(), one, [{ ...first, until }]);
      const listed = async (...digests: readonly (string | null)[]): Promise<readonly string[]> => {
        const values = digests.map((digest) => digest ?? "");
        const query = keyQuery(account, { filters: [{ field: "digest", op: "equals", values }] });
        return (await store().listKeys(query)).items.map(({ key }) => key.id);
      };
      expect(await listed(secret.digest)).toEqual([one.key.id]);
      expect(await listed(secret.digest, second.digest)).toEqual([two.key.id, one.key.id]);
      expect(await listed(first.digest)).toEqual([]);
      expect(await listed()).toEqual([]);
    });
  });
};
