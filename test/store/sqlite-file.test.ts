import { readFileSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { StoreRefusal } from "../../lib/store/port/unit.ts";
import { prepareBatch } from "../../lib/store/sqlite/apply-batch.ts";
import { createFile, openWriting } from "../../lib/store/sqlite/connection.ts";
import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import { migrations, schemaVersion, tables } from "../../lib/store/sqlite/schema.ts";
import { threadWriter } from "../../lib/store/sqlite/thread-writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import {
  commit,
  deleteKey,
  event,
  freshAccount,
  insertKey,
  keyRecord,
  unitOf,
} from "../contract/store/samples.ts";
import { freshFile } from "./files.ts";

describe("the database file", () => {
  it.each([threadWriter, inlineWriter])(
    "is its owner's alone, log and index included: $kind",
    async (writer) => {
      const { file, remove } = freshFile();
      const store = await openSqliteStore({ file, writer });
      await commit(store, freshAccount());
      for (const suffix of ["", "-wal", "-shm"]) expect(statSync(file + suffix).mode & 0o777).toBe(0o600);
      await store.close();
      remove();
    },
  );

  it("is in WAL mode, its tables STRICT and all named", async () => {
    const { file, remove } = freshFile();
    await (await openSqliteStore({ file, writer: threadWriter })).close();
    const db = new DatabaseSync(file);
    expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: schemaVersion });
    const found = db
      .prepare("SELECT name, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite_%'")
      .all();
    expect(found.map(({ name }) => name).sort()).toEqual([...tables, "presented"].sort());
    expect(found.every(({ strict }) => strict === 1)).toBe(true);
    db.close();
    remove();
  });

  it("of an older version is brought along, its secrets found as before", async () => {
    const { file, remove } = freshFile();
    const record = keyRecord(freshAccount());
    const old = new DatabaseSync(file);
    for (const migration of migrations.slice(0, 4)) old.exec(migration);
    old.exec("PRAGMA user_version = 4");
    old.exec("INSERT INTO key_lists VALUES (1, 'a', 'b', 'c', 1)");
    old
      .prepare(
        `INSERT INTO keys (seq, account, service, id, list, name, status, variant, created_at, version, generation, doc)
         VALUES (7, ?, ?, ?, 1, 'a key', 'enabled', 'model', 0, 1, 1, ?)`,
      )
      .run(record.account, record.service, record.key.id, JSON.stringify(record));
    old.exec("INSERT INTO secrets (key, generation, sealed, digest) VALUES (7, 1, 'sealed', 'old-digest')");
    old.close();
    const store = await openSqliteStore({ file, writer: inlineWriter });
    expect(
      (await store.findPresented(record.account, "old-digest")).map((found) => found.record.key.id),
    ).toEqual([record.key.id]);
    expect((await store.findKeysByDigest("old-digest")).map((found) => found.record)).toEqual([record]);
    await store.close();
    remove();
  });

  it("is synced at every commit, and waited for when it is locked", () => {
    const { file, remove } = freshFile();
    createFile(file);
    const db = openWriting(file);
    expect(db.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
    expect(db.prepare("PRAGMA busy_timeout").get()).toEqual({ timeout: 5000 });
    db.close();
    remove();
  });

  it.each([threadWriter, inlineWriter])(
    "of a newer version is refused and left alone: $kind",
    async (writer) => {
      const { file, remove } = freshFile();
      const db = new DatabaseSync(file);
      db.exec(`CREATE TABLE later (x); PRAGMA user_version = ${schemaVersion + 1}`);
      db.close();
      const before = readFileSync(file);
      const message = `schema version ${schemaVersion + 1}, this program knows ${schemaVersion}`;
      await expect(openSqliteStore({ file, writer })).rejects.toThrow(message);
      expect(readFileSync(file).equals(before)).toBe(true);
      remove();
    },
  );

  it("that cannot be made is an error", async () => {
    const { file, remove } = freshFile();
    await expect(openSqliteStore({ file: `${file}/none/x.db`, writer: threadWriter })).rejects.toThrow();
    remove();
  });
});

describe("the outbox", () => {
  it.each([threadWriter, inlineWriter])(
    "holds the events of what was committed, in order: $kind",
    async (writer) => {
      const { file, remove } = freshFile();
      const store = await openSqliteStore({ file, writer });
      const account = freshAccount();
      const record = keyRecord(account);
      const [first, second, lost] = [event(), event(), event()];
      await store.commit({ ...unitOf(account, insertKey(record)), events: [first, second] });
      const refused = store.commit({ ...unitOf(account, insertKey(record)), events: [lost] });
      await expect(refused).rejects.toThrow(StoreRefusal);
      await store.close();
      const db = new DatabaseSync(file);
      const rows = db.prepare("SELECT account, id, subject, data FROM events ORDER BY seq").all();
      expect(rows.map(({ id }) => id)).toEqual([first.id, second.id]);
      expect(rows[0]).toMatchObject({ account, subject: first.subject, data: JSON.stringify(first.data) });
      db.close();
      remove();
    },
  );
});

describe("a deleted key", () => {
  it("leaves no sealed secret behind", async () => {
    const { file, remove } = freshFile();
    const store = await openSqliteStore({ file, writer: inlineWriter });
    const account = freshAccount();
    const [kept, gone] = [keyRecord(account), keyRecord(account)];
    await commit(store, account, insertKey(kept), insertKey(gone));
    await commit(store, account, deleteKey(gone));
    await store.close();
    const db = new DatabaseSync(file);
    const rows = db.prepare("SELECT keys.id FROM secrets LEFT JOIN keys ON keys.seq = secrets.key").all();
    expect(rows).toEqual([{ id: kept.key.id }]);
    db.close();
    remove();
  });
});

describe("a full disk", () => {
  it("fails writes with an error, and no job is called applied that is not there", () => {
    const { file, remove } = freshFile();
    createFile(file);
    const db = openWriting(file);
    const pages = Number(db.prepare("PRAGMA page_count").get()?.page_count);
    db.exec(`PRAGMA max_page_count = ${pages + 10}`);
    const applyBatch = prepareBatch(db);
    const account = freshAccount();
    const jobOf = (id: string) =>
      ({ type: "unit", unit: unitOf(account, insertKey(keyRecord(account, { id }))) }) as const;
    const ids = Array.from({ length: 200 }, (_, n) => `ak-${n}`);
    const sizes = [1, 30, 100, 1, 68];
    let failed = 0;
    for (const size of sizes) {
      const batch = ids.splice(0, size);
      const outcomes = applyBatch(batch.map(jobOf));
      expect(db.isTransaction).toBe(false);
      for (const [place, outcome] of outcomes.entries()) {
        const found = db.prepare("SELECT 1 FROM keys WHERE id = ?").get(batch[place] ?? "");
        expect(found !== undefined).toBe(outcome.type === "applied");
        if (outcome.type === "failed") failed += 1;
      }
    }
    expect(failed).toBeGreaterThan(0);
    const total = db.prepare("SELECT total FROM key_lists").get()?.total;
    expect(db.prepare("SELECT count(*) AS total FROM keys").get()).toEqual({ total });
    db.close();
    remove();
  });
});
