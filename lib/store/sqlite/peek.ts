import type { WrappedKey } from "../port.ts";
import { openReading } from "./connection.ts";
import { prepareWrappedKeyReads } from "./read-wrapped-keys.ts";
import { prepare } from "./statement.ts";

/**
 * The store's own digest key, read before anything opens the file for writing: whether the master key fits must be
 * known before a migration changes what it may not be able to read. Undefined for a file that holds nothing yet.
 */
export const peekWrappedKey = (file: string): WrappedKey | undefined => {
  const db = openReading(file);
  try {
    const tables = prepare<[count: number]>(
      db,
      "SELECT count(*) FROM sqlite_master WHERE name = 'wrapped_keys'",
    );
    return tables.get()?.[0] === 1 ? prepareWrappedKeyReads(db).list("digest", "")[0] : undefined;
  } finally {
    db.close();
  }
};
