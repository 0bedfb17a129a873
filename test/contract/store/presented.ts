import { describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import { untoldFields } from "../../../lib/store/port/presented.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import { commit, deleteKey, freshAccount, insertKey, keyRecord, sealedSecret, withKey } from "./samples.ts";

const rules = (account: AccountId, ipAllowlist: readonly string[], version = 1) => ({
  account,
  provider: "",
  kind: "account-rules",
  id: "account-rules",
  region: "",
  version,
  body: { ipAllowlist },
});

export const presentedRules = (store: () => Store): void => {
  describe("a presented secret", () => {
    it("is found with its key, its generation and its account's rules, as they are now", async () => {
      const account = freshAccount();
      const secret = sealedSecret();
      const find = async () => {
        const atHand = store().presentedAtHand(account, secret.digest ?? "");
        const found = await store().findPresented(account, secret.digest ?? "");
        if (atHand !== undefined) expect(atHand).toEqual(found);
        return found;
      };
      expect(await find()).toEqual([]);

      const record = keyRecord(account);
      await commit(store(), account, insertKey(record, secret));
      const told = Object.entries(record.key).filter(
        ([name]) => !(untoldFields as readonly string[]).includes(name),
      );
      const found = {
        record: { ...record, key: Object.fromEntries(told) },
        secret: { generation: 1, until: null },
        accountRules: undefined,
      };
      expect(await find()).toMatchObject([found]);
      expect(await find()).toMatchObject([found]);

      const insert = { type: "insertDocument", record: rules(account, ["192.0.2.0/24"]) } as const;
      await commit(store(), account, insert);
      expect(await find()).toMatchObject([{ ...found, accountRules: { ipAllowlist: ["192.0.2.0/24"] } }]);

      const disabled = withKey(record, { status: "disabled", version: 2 });
      await commit(store(), account, { type: "replaceKey", record: disabled, expectedVersion: 1 });
      expect((await find()).map(({ record: { key } }) => key.status)).toEqual(["disabled"]);

      await commit(store(), account, deleteKey(disabled));
      expect(await find()).toEqual([]);
    });

    it("that keys of several accounts have is found by each with its own key and rules", async () => {
      const [account, other] = [freshAccount(), freshAccount()];
      const secret = sealedSecret();
      await commit(store(), account, insertKey(keyRecord(account), secret));
      await commit(store(), other, insertKey(keyRecord(other), secret), {
        type: "insertDocument",
        record: rules(other, ["198.51.100.7"]),
      });
      const rulesFor = async (asking: AccountId) =>
        (await store().findPresented(asking, secret.digest ?? "")).map(({ record, accountRules }) => [
          record.account,
          accountRules,
        ]);
      expect(await rulesFor(account)).toEqual([[account, undefined]]);
      expect(await rulesFor(other)).toEqual([[other, { ipAllowlist: ["198.51.100.7"] }]]);
      expect(await rulesFor(freshAccount())).toEqual([]);
    });

    it("may be that of as many keys of another account as it likes: its own keys can still be stopped", async () => {
      const [account, other] = [freshAccount(), freshAccount()];
      const secret = sealedSecret();
      const large = (of: AccountId) =>
        withKey(keyRecord(of), { scope: { models: ["m".repeat(110_000)], endpoints: "all" } });
      for (let n = 0; n < 3; n++) await commit(store(), other, insertKey(large(other), secret));
      const record = large(account);
      await commit(store(), account, insertKey(record, secret));
      const disabled = withKey(record, { status: "disabled", version: 2 });
      await commit(store(), account, { type: "replaceKey", record: disabled, expectedVersion: 1 });
      const found = await store().findPresented(account, secret.digest ?? "");
      expect(found.map(({ record: { key } }) => key.status)).toEqual(["disabled"]);
      expect(await store().findKeysByDigest(secret.digest ?? "")).toHaveLength(4);
    });
  });
};
