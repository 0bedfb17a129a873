import type { WrappedKey } from "../port/records.ts";
import { openReading } from "./connection.ts";
import { prepareWrappedKeyReads } from "./read-wrapped-keys.ts";
import { prepare } from "./statement.ts";

export interface PeekedStore {
  readonly digestKey: WrappedKey;
  /** Every master key that something in the store is wrapped by, or will be. */
  readonly masterIds: readonly string[];
}

/**
 * What tells whether a master key file fits, read before anything opens the database for writing: that must be known
 * before a migration changes what it may not be able to read. Undefined for a file that holds nothing yet.
 */
export const peekStore = (file: string): PeekedStore | undefined => {
  const db = openReading(file);
  try {
    const tables = prepare<[count: number]>(
      db,
      "SELECT count(*) FROM sqlite_master WHERE name = 'wrapped_keys'",
    );
    if (tables.get()?.[0] !== 1) return undefined;
    const reads = prepareWrappedKeyReads(db);
    const [digestKey] = reads.list("digest", "");
    if (digestKey === undefined) return undefined;
    const wrapping = prepare<[id: string]>(db, "SELECT DISTINCT master_id FROM wrapped_keys").all();
    const current = reads.masterId();
    return {
      digestKey,
      masterIds: [...wrapping.map(([id]) => id), ...(current === undefined ? [] : [current])],
    };
  } finally {
    db.close();
  }
};
