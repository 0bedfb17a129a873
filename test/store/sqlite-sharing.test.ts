import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { AccountId } from "../../lib/schemas/key.ts";
import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import { openSnapshots } from "../../lib/store/sqlite/snapshot.ts";
import { threadWriter } from "../../lib/store/sqlite/thread-writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { followChain } from "../contract/store/chain.ts";
import {
  commit,
  credentialRecord,
  freshAccount,
  insertKey,
  keyQuery,
  keyRecord,
  sealedSecret,
  withKey,
} from "../contract/store/samples.ts";
import { freshFile } from "./files.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const accountRules = (account: AccountId, ipAllowlist: readonly string[]) => ({
  account,
  provider: "",
  kind: "account-rules",
  id: "account-rules",
  region: "",
  version: 1,
  body: { ipAllowlist },
});

describe("a turn's reads", () => {
  it("begin a transaction where something has to be read, and none to learn that nothing was committed", async () => {
    const { file, remove } = freshFile();
    const store = await openSqliteStore({ file, writer: inlineWriter });
    const db = new DatabaseSync(file, { readOnly: true });
    const { version, hold } = openSnapshots(db);
    const before = version();
    expect([version(), db.isTransaction]).toEqual([before, false]);
    expect([hold(), db.isTransaction]).toEqual([before, true]);
    await nextTurn();
    expect([version(), db.isTransaction]).toEqual([before, false]);

    await nextTurn();
    await commit(store, freshAccount());
    const after = version();
    expect(after).not.toBe(before);
    // Another commit in the same turn: what was asked stays, and what is read then is later.
    await commit(store, freshAccount());
    expect(hold()).toBeGreaterThanOrEqual(after);
    db.close();
    await store.close();
    remove();
  });
});

describe("two stores on one file", () => {
  it("keep one chain, one limit and one total", async () => {
    const { file, remove } = freshFile();
    const stores = await Promise.all([
      openSqliteStore({ file, writer: threadWriter }),
      openSqliteStore({ file, writer: threadWriter }),
    ]);
    const account = freshAccount();
    const count = { type: "count", account, counter: "keys", by: 1, max: 50 } as const;
    const settled = await Promise.allSettled(
      stores.flatMap((store) =>
        Array.from({ length: 8 }, async () => {
          for (let n = 0; n < 10; n += 1) {
            await commit(store, account);
            await commit(store, account, count, insertKey(keyRecord(account)));
          }
        }),
      ),
    );
    for (const one of settled)
      if (one.status === "rejected") expect(one.reason).toMatchObject({ reason: "limit" });
    for (const store of stores) {
      expect(await store.readCounter(account, "keys")).toBe(50);
      expect((await store.listKeys(keyQuery(account))).total).toBe(50);
      expect(await followChain(store, account)).toEqual(await store.readAuditHead(account));
    }
    for (const store of stores) await store.close();
    remove();
  });

  it("see each other's commits at once", async () => {
    const { file, remove } = freshFile();
    const one = await openSqliteStore({ file, writer: inlineWriter });
    const two = await openSqliteStore({ file, writer: threadWriter });
    const account = freshAccount();
    for (let seq = 1; seq <= 6; seq += 1) {
      await commit(seq % 2 === 0 ? one : two, account);
      expect((await one.readAuditHead(account)).seq).toBe(seq);
      expect((await two.readAuditHead(account)).seq).toBe(seq);
    }
    await one.close();
    await two.close();
    remove();
  });

  it("keep of a presented key and of a credential nothing that the other one changed", async () => {
    const { file, remove } = freshFile();
    const one = await openSqliteStore({ file, writer: inlineWriter });
    const two = await openSqliteStore({ file, writer: inlineWriter });
    const account = freshAccount();
    const secret = sealedSecret();
    const digest = secret.digest ?? "";
    const record = keyRecord(account);
    const credential = credentialRecord(account);

    await commit(one, account, insertKey(record, secret), { type: "insertCredential", record: credential });
    // What is read twice is kept.
    for (let read = 0; read < 3; read += 1) {
      await nextTurn();
      await one.findPresented(account, digest);
      expect(await one.findCredentialByToken(credential.tokenDigest)).toEqual(credential);
    }
    await nextTurn();
    const kept = await one.findCredentialByToken(credential.tokenDigest);
    await nextTurn();
    expect(await one.findCredentialByToken(credential.tokenDigest)).toBe(kept);
    expect(one.presentedAtHand(account, digest)).toMatchObject([{ record: { key: { status: "enabled" } } }]);
    expect(one.presentedAtHand(freshAccount(), digest)).toEqual([]);

    await commit(two, account, { type: "insertDocument", record: accountRules(account, ["192.0.2.0/24"]) });
    await nextTurn();
    expect(one.presentedAtHand(account, digest)).toBeUndefined();
    expect(await one.findPresented(account, digest)).toMatchObject([
      { accountRules: { ipAllowlist: ["192.0.2.0/24"] } },
    ]);
    expect(await one.findCredentialByToken(credential.tokenDigest)).not.toBe(kept);

    const disabled = withKey(record, { status: "disabled", version: 2 });
    await commit(
      two,
      account,
      { type: "replaceKey", record: disabled, expectedVersion: 1 },
      { type: "deleteCredential", account, id: credential.id },
    );
    await nextTurn();
    expect(one.presentedAtHand(account, digest)).toBeUndefined();
    expect(await one.findPresented(account, digest)).toMatchObject([
      { record: { key: { status: "disabled" } } },
    ]);
    expect(one.presentedAtHand(account, digest)).toMatchObject([{ record: { key: { status: "disabled" } } }]);
    expect(await one.findCredentialByToken(credential.tokenDigest)).toBeUndefined();
    expect(await one.findCredentialBySecretId(credential.secretId)).toBeUndefined();
    await one.close();
    await two.close();
    remove();
  });
});
