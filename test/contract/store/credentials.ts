import { describe, expect, it } from "vitest";
import type { CredentialRecord } from "../../../lib/store/port/records.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import type { Write } from "../../../lib/store/port/unit.ts";
import { accountRecord, commit, credentialRecord, freshAccount } from "./samples.ts";

const insert = (record: CredentialRecord): Write => ({ type: "insertCredential", record });
const replace = (record: CredentialRecord): Write => ({ type: "replaceCredential", record });

export const credentialRules = (store: () => Store): void => {
  describe("an account", () => {
    it("comes back as it was written, once", async () => {
      const record = accountRecord(freshAccount());
      await commit(store(), record.id, { type: "insertAccount", record });
      expect(await store().readAccount(record.id)).toEqual(record);
      expect(await store().readAccount(freshAccount())).toBeUndefined();
      const again = commit(store(), record.id, { type: "insertAccount", record });
      await expect(again).rejects.toMatchObject({ reason: "exists", write: "insertAccount" });
    });

    it("is listed in pages", async () => {
      const records = [freshAccount(), freshAccount(), freshAccount()].map(accountRecord);
      for (const record of records) await commit(store(), record.id, { type: "insertAccount", record });
      const listed = [];
      for (let after: string | null = null; ; ) {
        const page = await store().listAccounts(after, 2);
        listed.push(...page);
        const last = page.at(-1);
        if (last === undefined) break;
        after = last.id;
      }
      expect(listed).toEqual(expect.arrayContaining(records));
      expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
    });
  });

  describe("a credential", () => {
    it("is found by its id, its secret id and its token", async () => {
      const account = freshAccount();
      const record = credentialRecord(account);
      await commit(store(), account, insert(record));
      expect(await store().readCredential(account, record.id)).toEqual(record);
      expect(await store().findCredentialBySecretId(record.secretId)).toEqual(record);
      expect(await store().findCredentialByToken(record.tokenDigest)).toEqual(record);
      expect(await store().readCredential(freshAccount(), record.id)).toBeUndefined();
      expect(await store().findCredentialBySecretId(record.tokenDigest)).toBeUndefined();
      expect(await store().findCredentialByToken(record.secretId)).toBeUndefined();
    });

    it("shares its secret id and token with none in any account, its sub-user with none in its own", async () => {
      const [account, other] = [freshAccount(), freshAccount()];
      const record = credentialRecord(account);
      await commit(store(), account, insert(record));
      const { id, secretId, tokenDigest, subUin } = record;
      for (const taken of [
        credentialRecord(other, { secretId }),
        credentialRecord(other, { tokenDigest }),
        credentialRecord(account, { subUin }),
        credentialRecord(account, { id }),
      ]) {
        const refused = commit(store(), taken.account, insert(taken));
        await expect(refused).rejects.toMatchObject({ reason: "exists", write: "insertCredential" });
      }
      await commit(store(), other, insert(credentialRecord(other, { subUin, id })));
    });

    it("exchanges its secrets at once", async () => {
      const account = freshAccount();
      const record = credentialRecord(account);
      await commit(store(), account, insert(record));
      const next = {
        ...record,
        secretId: `${record.secretId}-next`,
        tokenDigest: `${record.tokenDigest}-next`,
      };
      await commit(store(), account, replace(next));
      expect(await store().findCredentialBySecretId(record.secretId)).toBeUndefined();
      expect(await store().findCredentialByToken(record.tokenDigest)).toBeUndefined();
      expect(await store().findCredentialBySecretId(next.secretId)).toEqual(next);
      expect(await store().findCredentialByToken(next.tokenDigest)).toEqual(next);
      expect(await store().readCredential(account, record.id)).toEqual(next);
    });

    it("does not take another's secrets, nor replace what is not there", async () => {
      const [account, other] = [freshAccount(), freshAccount()];
      const [record, owner] = [credentialRecord(account), credentialRecord(other)];
      await commit(store(), account, insert(record));
      await commit(store(), other, insert(owner));
      const write = "replaceCredential";
      for (const taken of [{ secretId: owner.secretId }, { tokenDigest: owner.tokenDigest }]) {
        const refused = commit(store(), account, replace({ ...record, ...taken }));
        await expect(refused).rejects.toMatchObject({ reason: "exists", write });
      }
      const missing = commit(store(), account, replace(credentialRecord(account)));
      await expect(missing).rejects.toMatchObject({ reason: "missing", write });
      const foreign = commit(store(), account, replace({ ...owner, account }));
      await expect(foreign).rejects.toMatchObject({ reason: "missing", write });
      expect(await store().readCredential(account, record.id)).toEqual(record);
    });

    it("fails from its deletion on", async () => {
      const account = freshAccount();
      const record = credentialRecord(account);
      await commit(store(), account, insert(record));
      const remove: Write = { type: "deleteCredential", account, id: record.id };
      await commit(store(), account, remove);
      expect(await store().readCredential(account, record.id)).toBeUndefined();
      expect(await store().findCredentialBySecretId(record.secretId)).toBeUndefined();
      expect(await store().findCredentialByToken(record.tokenDigest)).toBeUndefined();
      await expect(commit(store(), account, remove)).rejects.toMatchObject({
        reason: "missing",
        write: "deleteCredential",
      });
    });

    it("is listed in the order of creation, in pages", async () => {
      const account = freshAccount();
      const records = ["z", "a", "m"].map((id) => credentialRecord(account, { id }));
      for (const record of records) await commit(store(), account, insert(record));
      expect(await store().listCredentials(account, null, 10)).toEqual(records);
      expect(await store().listCredentials(account, null, 2)).toEqual(records.slice(0, 2));
      expect(await store().listCredentials(account, "a", 2)).toEqual(records.slice(2));
      expect(await store().listCredentials(account, "m", 2)).toEqual([]);
      await expect(store().listCredentials(account, "none", 2)).rejects.toThrow(new RangeError("cursor"));
    });
  });
};
