import type { DatabaseSync } from "node:sqlite";
import type { DocumentRecord } from "../port/records.ts";
import { prepare } from "./statement.ts";

type Row = [doc: string];

export interface DocumentReads {
  read(account: string, provider: string, kind: string, id: string): DocumentRecord | undefined;
  list(account: string, provider: string, kind: string, region: string): readonly DocumentRecord[];
  listUnlike(
    account: string,
    provider: string,
    kind: string,
    unlike: { readonly name: string; readonly value: string },
    page: { readonly afterId: string; readonly limit: number },
  ): readonly DocumentRecord[];
  listBackwards(
    account: string,
    provider: string,
    kind: string,
    page: { readonly before: string | null; readonly limit: number },
  ): readonly DocumentRecord[];
  listDue(kind: string, now: string, limit: number): readonly DocumentRecord[];
}

const recordOf = ([doc]: Row): DocumentRecord => JSON.parse(doc);

export const prepareDocumentReads = (db: DatabaseSync): DocumentReads => {
  const byId = prepare<Row>(
    db,
    "SELECT doc FROM documents WHERE account = ? AND provider = ? AND kind = ? AND id = ?",
  );
  const newestFirst = prepare<Row>(
    db,
    `SELECT doc FROM documents WHERE account = ? AND provider = ? AND kind = ? AND region = ?
     ORDER BY seq DESC`,
  );
  const unlikeById = prepare<Row>(
    db,
    `SELECT doc FROM documents WHERE account = ? AND provider = ? AND kind = ? AND id > ?
       AND json_extract(doc, '$.body.' || ?) IS NOT ?
     ORDER BY id LIMIT ?`,
  );
  const backwards = prepare<Row>(
    db,
    `SELECT doc FROM documents WHERE account = ? AND provider = ? AND kind = ? AND (? IS NULL OR id < ?)
     ORDER BY id DESC LIMIT ?`,
  );
  const due = prepare<Row>(
    db,
    "SELECT doc FROM documents WHERE kind = ? AND due <= ? ORDER BY due, seq LIMIT ?",
  );
  return {
    listBackwards: (account, provider, kind, { before, limit }) =>
      backwards.all(account, provider, kind, before, before, limit).map(recordOf),
    listDue: (kind, now, limit) => due.all(kind, now, limit).map(recordOf),
    listUnlike: (account, provider, kind, { name, value }, { afterId, limit }) =>
      unlikeById.all(account, provider, kind, afterId, name, value, limit).map(recordOf),
    read: (account, provider, kind, id) => {
      const row = byId.get(account, provider, kind, id);
      return row && recordOf(row);
    },
    list: (account, provider, kind, region) => newestFirst.all(account, provider, kind, region).map(recordOf),
  };
};
