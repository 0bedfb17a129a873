import type { DatabaseSync } from "node:sqlite";
import type { WrappedKey } from "../port/records.ts";
import { prepare } from "./statement.ts";

export interface WrappedKeyReads {
  list(purpose: WrappedKey["purpose"], account: string): readonly WrappedKey[];
  masterId(): string | undefined;
  listByOthers(masterId: string, limit: number): readonly WrappedKey[];
}

type Row = [
  id: string,
  purpose: WrappedKey["purpose"],
  account: string,
  masterId: string,
  wrapped: string,
  createdAt: string,
];

const columns = "id, purpose, account, master_id, wrapped, created_at";

const wrappedKeyOf = ([id, purpose, account, masterId, wrapped, createdAt]: Row): WrappedKey => ({
  id,
  purpose,
  account,
  masterId,
  wrapped,
  createdAt,
});

export const prepareWrappedKeyReads = (db: DatabaseSync): WrappedKeyReads => {
  const list = prepare<Row>(db, `SELECT ${columns} FROM wrapped_keys WHERE purpose = ? AND account = ?`);
  const masterId = prepare<[value: string]>(db, "SELECT value FROM meta WHERE name = 'master'");
  const listByOthers = prepare<Row>(
    db,
    `SELECT ${columns} FROM wrapped_keys WHERE master_id < ?1 OR master_id > ?1 LIMIT ?2`,
  );
  return {
    list: (purpose, account) => list.all(purpose, account).map(wrappedKeyOf),
    masterId: () => masterId.get()?.[0],
    listByOthers: (id, limit) => listByOthers.all(id, limit).map(wrappedKeyOf),
  };
};
