import type { DatabaseSync } from "node:sqlite";
import { prepare } from "./statement.ts";

/** Every read begins with it. Of two that answer the same number, nothing was committed in between, by whomever. */
export type Hold = () => number;

/**
 * One read transaction for the reads of one turn of the event loop: taking its locks costs as much as a read. It begins
 * with a turn's first read and ends before the next turn, so no call sees a state from before its own arrival, and
 * whoever waited for a write, which is answered in a turn of its own, reads what was written.
 */
export const openSnapshots = (db: DatabaseSync): Hold => {
  const begin = prepare(db, "BEGIN");
  const end = prepare(db, "COMMIT");
  // Of the snapshot, as it is read inside of it; it counts what other connections commit, and this one only reads.
  const dataVersion = prepare<[version: number]>(db, "PRAGMA data_version");
  let version = 0;

  const release = (): void => {
    if (db.isOpen && db.isTransaction) end.run();
  };

  return () => {
    if (!db.isTransaction) {
      begin.run();
      version = dataVersion.get()?.[0] ?? 0;
      // A tick runs when all that this turn's settled promises lead to is done, and before anything else arrives.
      process.nextTick(release);
    }
    return version;
  };
};
