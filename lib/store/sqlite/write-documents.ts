import type { DatabaseSync } from "node:sqlite";
import { type DocumentRecord, StoreRefusal, type Write } from "../port.ts";
import { prepare } from "./statement.ts";

type WriteOf<Type extends Write["type"]> = Extract<Write, { type: Type }>;

export interface DocumentWrites {
  insert(write: WriteOf<"insertDocument">): void;
  replace(write: WriteOf<"replaceDocument">): void;
  remove(write: WriteOf<"deleteDocument">): void;
  /** Answers how many it removed, `most` of them at once. */
  prune(now: string, most: number): number;
}

export const prepareDocumentWrites = (db: DatabaseSync): DocumentWrites => {
  const insert = prepare(
    db,
    `INSERT INTO documents (account, provider, kind, id, region, version, doc, until)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (account, provider, kind, id) DO NOTHING`,
  );
  const find = prepare<[seq: number, version: number]>(
    db,
    "SELECT seq, version FROM documents WHERE account = ? AND provider = ? AND kind = ? AND id = ?",
  );
  const replace = prepare(
    db,
    "UPDATE documents SET region = ?, version = ?, doc = ?, until = ? WHERE seq = ?",
  );
  const prune = prepare(
    db,
    "DELETE FROM documents WHERE seq IN (SELECT seq FROM documents WHERE until < ? LIMIT ?)",
  );
  const remove = prepare(db, "DELETE FROM documents WHERE seq = ?");

  /** The row's number, at the version that the write expects. */
  const found = (type: Write["type"], record: DocumentRecord, expectedVersion: number): number => {
    const row = find.get(record.account, record.provider, record.kind, record.id);
    if (row === undefined) throw new StoreRefusal("missing", type);
    if (row[1] !== expectedVersion) throw new StoreRefusal("conflict", type);
    return row[0];
  };

  return {
    insert: ({ type, record }) => {
      const { account, provider, kind, id, region, version } = record;
      const doc = JSON.stringify(record);
      const { changes } = insert.run(account, provider, kind, id, region, version, doc, record.until ?? null);
      if (changes === 0) throw new StoreRefusal("exists", type);
    },
    replace: ({ type, record, expectedVersion }) => {
      const seq = found(type, record, expectedVersion);
      replace.run(record.region, record.version, JSON.stringify(record), record.until ?? null, seq);
    },
    remove: ({ type, record, expectedVersion }) => {
      remove.run(found(type, record, expectedVersion));
    },
    prune: (now, most) => Number(prune.run(now, most).changes),
  };
};
