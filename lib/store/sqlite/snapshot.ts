import type { DatabaseSync } from "node:sqlite";
import { prepare } from "./statement.ts";

/** Of two times at which the number is the same, nothing was committed in between, by whomever. */
export type DataVersion = number;

/** What the reads of one turn of the event loop share: it is dropped before the next turn. */
export interface Snapshots {
  /** Asked of the file once in a turn; holds nothing, because who finds that nothing was committed has nothing to read. */
  version(): DataVersion;
  /** Begins the turn's transaction, if there is none yet, and tells which version it reads: it may be a later one. */
  hold(): DataVersion;
}

/**
 * One read transaction for the reads of one turn: taking its locks costs as much as a read. It begins with a turn's first
 * read and ends before the next turn, so no call sees a state from before its own arrival, and whoever waited for a
 * write, which is answered in a turn of its own, reads what was written.
 */
export const openSnapshots = (db: DatabaseSync): Snapshots => {
  const begin = prepare(db, "BEGIN");
  const end = prepare(db, "COMMIT");
  // Inside of a transaction it is the transaction's own; it counts what other connections commit, and this one only reads.
  const dataVersion = prepare<[version: number]>(db, "PRAGMA data_version");
  let version = 0;
  let isAsked = false;
  let isHeld = false;

  const release = (): void => {
    isAsked = false;
    isHeld = false;
    if (db.isOpen && db.isTransaction) end.run();
  };

  /** A tick runs when all that this turn's settled promises lead to is done, and before anything else arrives. */
  const releaseAfterTurn = (): void => {
    if (!isAsked && !isHeld) process.nextTick(release);
  };

  const ask = (): void => {
    version = dataVersion.get()?.[0] ?? 0;
  };

  return {
    version: () => {
      if (isAsked || isHeld) return version;
      releaseAfterTurn();
      ask();
      isAsked = true;
      return version;
    },
    hold: () => {
      if (isHeld) return version;
      // First of all: were asking to fail, what was begun would be read from for ever.
      releaseAfterTurn();
      begin.run();
      ask();
      isHeld = true;
      return version;
    },
  };
};
