import { chmodSync, closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { migrate, refuseNewer } from "./migrate.ts";
import { isBusy } from "./sqlite-error.ts";

/** How long a writer waits for another process on the same file. */
const busyMs = 5_000;

/** SQLite gives the log and index files the mode of the database file. */
export const createFile = (file: string): void => {
  try {
    // Exclusive, because closing a descriptor of a file that is in use would drop this process's locks on it.
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    chmodSync(file, 0o600); // it may have been made by other hands
  }
};

/** A connection that writes, its file brought to the version of this program. */
export const openWriting = (file: string): DatabaseSync => {
  const db = new DatabaseSync(file, { timeout: busyMs });
  try {
    // Two processes that turn on WAL at once can be told "busy" without a wait, so the waiting is ours.
    retryBusy(() => refuseNewer(db));
    retryBusy(() => db.exec("PRAGMA journal_mode = WAL"));
    db.exec("PRAGMA synchronous = FULL");
    // Folding the log into the file costs two more syncs: by 16 MB of log, not by 4.
    db.exec("PRAGMA wal_autocheckpoint = 4000");
    retryBusy(() => migrate(db));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};

export const openReading = (file: string): DatabaseSync =>
  new DatabaseSync(file, { readOnly: true, timeout: busyMs });

const retryBusy = (step: () => void): void => {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; ; waitedMs += 10) {
    try {
      step();
      return;
    } catch (error) {
      if (!isBusy(error) || waitedMs >= busyMs) throw error;
      Atomics.wait(pause, 0, 0, 10);
    }
  }
};
