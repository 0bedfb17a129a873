import type { DatabaseSync } from "node:sqlite";
import { prepare } from "./statement.ts";

/** Of two times at which the number is the same, nothing was committed in between, by whomever. */
export type DataVersion = number;

/** What the reads of one turn of the event loop share: it is dropped before the next turn. */
export interface Snapshots {
  /** Asked of the file once in a turn. Who finds that nothing was committed needs no transaction to say so. */
  version(): DataVersion;
  /** Begins the turn's transaction, if there is none yet, and tells which version it reads. */
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

const keptMax = 1000;

/** Rows are read anew as soon as anything was committed. What is not there is not kept: anybody can ask for it. */
export const keptUntilCommit = <Row>(
  { version, hold }: Snapshots,
  read: (name: string) => Row | undefined,
): ((name: string) => Row | undefined) => {
  const kept = new Map<string, Row>();
  let keptIn: DataVersion = 0;

  const keepIn = (now: DataVersion): void => {
    if (now !== keptIn || kept.size >= keptMax) kept.clear();
    keptIn = now;
  };

  return (name) => {
    keepIn(version());
    const known = kept.get(name);
    if (known !== undefined) return known;
    keepIn(hold());
    const row = read(name);
    if (row !== undefined) kept.set(name, row);
    return row;
  };
};
