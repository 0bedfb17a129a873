import { describe, expect, it } from "vitest";
import { followChain } from "./chain.ts";
import { type OpenStore, withStore } from "./opened.ts";
import { commit, credentialRecord, freshAccount, insertKey, keyQuery, keyRecord } from "./samples.ts";

export const reopeningRules = (open: OpenStore): void => {
  describe("a store that is closed", () => {
    it("keeps everything for whoever opens it again", () =>
      withStore(open, async (opened) => {
        const account = freshAccount();
        const [record, next] = [keyRecord(account), keyRecord(account)];
        const credential = credentialRecord(account);
        const head = await commit(
          opened.store,
          account,
          insertKey(record),
          { type: "insertCredential", record: credential },
          { type: "count", account, counter: "keys", by: 1 },
        );
        await opened.store.setMasterId("master-1");
        const store = await opened.reopen();
        expect((await store.readKey(account, "tokenhub", record.key.id))?.record).toEqual(record);
        expect(await store.findCredentialByToken(credential.tokenDigest)).toEqual(credential);
        expect(await store.readCounter(account, "keys")).toBe(1);
        expect(await store.readMasterId()).toBe("master-1");
        expect(await store.readAuditHead(account)).toEqual(head);
        await commit(store, account, insertKey(next));
        expect((await store.listKeys(keyQuery(account))).total).toBe(2);
        expect((await followChain(store, account)).seq).toBe(2);
      }));

    it("has written what was given to it before", () =>
      withStore(open, async (opened) => {
        const account = freshAccount();
        const commits = Array.from({ length: 20 }, () => commit(opened.store, account));
        const store = await opened.reopen();
        await expect(Promise.all(commits)).resolves.toHaveLength(20);
        expect((await followChain(store, account)).seq).toBe(20);
      }));

    it("refuses further use and lets itself be closed twice", () =>
      withStore(open, async ({ store }) => {
        await store.close();
        await store.close();
        await expect(commit(store, freshAccount())).rejects.toThrow("closed");
        await expect(store.readCounter(freshAccount(), "keys")).rejects.toThrow();
      }));
  });
};
