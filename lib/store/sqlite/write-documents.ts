import type { DatabaseSync } from "node:sqlite";
import { type DocumentWrite, StoreRefusal } from "../port/unit.ts";
import { prepare } from "./statement.ts";

export interface DocumentWrites {
  apply(write: DocumentWrite): void;
  /** Answers how many it removed, `most` of them at once. */
  prune(now: string, most: number): number;
}

export const prepareDocumentWrites = (db: DatabaseSync): DocumentWrites => {
  const insert = prepare(
    db,
    `INSERT INTO documents (account, provider, kind, id, region, version, doc, until, due)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (account, provider, kind, id) DO NOTHING`,
  );
  const find = prepare<[seq: number, version: number]>(
    db,
    "SELECT seq, version FROM documents WHERE account = ? AND provider = ? AND kind = ? AND id = ?",
  );
  const replace = prepare(
    db,
    "UPDATE documents SET region = ?, version = ?, doc = ?, until = ?, due = ? WHERE seq = ?",
  );
  const prune = prepare(
    db,
    "DELETE FROM documents WHERE seq IN (SELECT seq FROM documents WHERE until < ? LIMIT ?)",
  );
  const remove = prepare(db, "DELETE FROM documents WHERE seq = ?");

  /** The row's number, at the version that the write expects. */
  const found = ({ type, record, expectedVersion }: Exclude<DocumentWrite, { type: "insertDocument" }>) => {
    const row = find.get(record.account, record.provider, record.kind, record.id);
    if (row === undefined) throw new StoreRefusal("missing", type);
    if (row[1] !== expectedVersion) throw new StoreRefusal("conflict", type);
    return row[0];
  };

  return {
    apply: (write) => {
      const { type, record } = write;
      const { account, provider, kind, id, region, version, until = null, due = null } = record;
      switch (type) {
        case "insertDocument": {
          const doc = JSON.stringify(record);
          const { changes } = insert.run(account, provider, kind, id, region, version, doc, until, due);
          if (changes === 0) throw new StoreRefusal("exists", type);
          break;
        }
        case "replaceDocument":
          replace.run(region, version, JSON.stringify(record), until, due, found(write));
          break;
        case "deleteDocument":
          remove.run(found(write));
          break;
      }
    },
    prune: (now, most) => Number(prune.run(now, most).changes),
  };
};
