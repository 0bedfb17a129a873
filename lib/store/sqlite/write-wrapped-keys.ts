import type { DatabaseSync } from "node:sqlite";
import type { WrappedKey } from "../port/records.ts";
import type { Rewrapping } from "./job.ts";
import { prepareWrappedKeyReads } from "./read-wrapped-keys.ts";
import { prepare } from "./statement.ts";

export interface WrappedKeyWrites {
  keep(row: WrappedKey): WrappedKey | undefined;
  setMasterId(id: string): void;
  rewrap(rows: readonly Rewrapping[]): void;
}

export const prepareWrappedKeyWrites = (db: DatabaseSync): WrappedKeyWrites => {
  const reads = prepareWrappedKeyReads(db);
  const insert = prepare(
    db,
    "INSERT INTO wrapped_keys (id, purpose, account, master_id, wrapped, created_at) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const setMasterId = prepare(
    db,
    `INSERT INTO meta (name, value) VALUES ('master', ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  );
  const rewrap = prepare(
    db,
    "UPDATE wrapped_keys SET master_id = ?, wrapped = ? WHERE id = ? AND master_id = ?",
  );

  return {
    keep: (row) => {
      const [standing] = reads.list(row.purpose, row.account);
      if (standing !== undefined) return standing;
      if (reads.masterId() !== row.masterId) return undefined;
      insert.run(row.id, row.purpose, row.account, row.masterId, row.wrapped, row.createdAt);
      return row;
    },
    setMasterId: (id) => {
      setMasterId.run(id);
    },
    rewrap: (rows) => {
      for (const { row, from } of rows) rewrap.run(row.masterId, row.wrapped, row.id, from);
    },
  };
};
