import { describe, expect, it } from "vitest";
import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import { threadWriter } from "../../lib/store/sqlite/thread-writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { followChain } from "../contract/store/chain.ts";
import { commit, freshAccount, insertKey, keyQuery, keyRecord } from "../contract/store/samples.ts";
import { freshFile } from "./files.ts";

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
});
