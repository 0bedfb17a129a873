import { copyFileSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import { openReading, openWriting } from "./connection.ts";
import { tables } from "./schema.ts";

/** Copies a live database; writers go on meanwhile, the copy is of one moment. `progress` gets pages left and in all. */
export const copyOut = async (
  file: string,
  target: string,
  progress: (left: number, all: number) => void,
): Promise<void> => {
  const db = openReading(file);
  try {
    await backup(db, target, {
      rate: 1000,
      progress: ({ remainingPages, totalPages }) => progress(remainingPages, totalPages),
    });
  } finally {
    db.close();
  }
  // One file that stands alone: no log beside it.
  const copy = new DatabaseSync(target);
  try {
    copy.exec("PRAGMA journal_mode = DELETE");
  } finally {
    copy.close();
  }
};

/**
 * Puts a copy's rows in place of a database's own, in one transaction, so that processes that have it open see all of
 * the one or all of the other. `scratch` is where the copy is brought to this program's version first.
 * Wrapped keys that the copy does not know stay: a process may be sealing with them at this moment.
 */
export const copyIn = (file: string, source: string, scratch: string): void => {
  copyFileSync(source, scratch);
  openWriting(scratch).close();
  const db = openWriting(file);
  try {
    db.prepare("ATTACH DATABASE ? AS source").run(scratch);
    db.exec("BEGIN IMMEDIATE");
    try {
      for (const table of [...tables].reverse()) {
        if (table !== "wrapped_keys") db.exec(`DELETE FROM main.${table}`);
      }
      for (const table of tables)
        db.exec(`INSERT OR REPLACE INTO main.${table} SELECT * FROM source.${table}`);
      db.exec("COMMIT");
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  } finally {
    db.close();
  }
};
