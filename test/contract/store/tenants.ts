import { describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import { commit, credentialRecord, freshAccount, insertKey, keyQuery, keyRecord } from "./samples.ts";

const canary = "canary-of-the-other-account";

const fill = async (store: Store, account: AccountId): Promise<void> => {
  const record = keyRecord(account, { id: canary, name: canary });
  await commit(
    store,
    account,
    insertKey(record),
    { type: "insertAlias", account, service: "tokenhub", alias: "alias", id: canary },
    { type: "count", account, counter: "keys", by: 1 },
    { type: "insertCredential", record: credentialRecord(account, { id: canary, name: canary }) },
  );
  const minute = "2026-07-01T00:00Z";
  const counted = { account, principal: canary, minute, action: "a", code: "c", count: 1 };
  await store.addRefusals([{ ...counted, lastIp: "192.0.2.1", lastRequestId: "r" }]);
};

export const tenantRules = (store: () => Store): void => {
  describe("an account", () => {
    it("reads nothing of another one", async () => {
      const [theirs, ours] = [freshAccount(), freshAccount()];
      await fill(store(), theirs);
      await commit(store(), ours, insertKey(keyRecord(ours)));
      const read = [
        store().readKey(ours, "tokenhub", canary),
        store().readKey(ours, "tokenhub", "alias"),
        store().listKeys(keyQuery(ours)),
        store().listKeys(keyQuery(ours, { filters: [{ field: "id", op: "equals", values: [canary, "x"] }] })),
        store().listKeys(
          keyQuery(ours, { filters: [{ field: "name", op: "contains", values: ["canary"] }] }),
        ),
        store().listKeys(keyQuery(ours, { page: { type: "cursor", after: null, limit: 50 } })),
        store().readCounter(ours, "keys"),
        store().readCredential(ours, canary),
        store().listCredentials(ours, null, 50),
        store().readAudit(ours, 0, 50),
        store().readAuditBackwards(ours, null, 50),
        store().listRefusals(ours, null, 50),
      ];
      const text = JSON.stringify(await Promise.all(read));
      expect(text).not.toContain("canary");
      expect(text).not.toContain(theirs);
      expect((await store().listKeys(keyQuery(ours))).total).toBe(1);
      expect(await store().readCounter(ours, "keys")).toBe(0);
      expect((await store().readAuditHead(ours)).seq).toBe(1);
    });

    it("changes nothing of another one", async () => {
      const [theirs, ours] = [freshAccount(), freshAccount()];
      await fill(store(), theirs);
      const service = "tokenhub" as const;
      const record = keyRecord(ours, { id: canary });
      for (const write of [
        { type: "replaceKey", record, expectedVersion: 1 },
        { type: "deleteKey", account: ours, service, id: canary, expectedVersion: 1 },
        { type: "deleteCredential", account: ours, id: canary },
        { type: "insertAlias", account: ours, service, alias: "x", id: canary },
      ] as const) {
        await expect(commit(store(), ours, write)).rejects.toMatchObject({ reason: "missing" });
      }
      expect(await store().readKey(theirs, "tokenhub", "alias")).toBeDefined();
      expect(await store().readCredential(theirs, canary)).toBeDefined();
    });
  });
};
