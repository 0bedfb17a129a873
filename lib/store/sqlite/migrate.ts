import type { DatabaseSync } from "node:sqlite";
import { migrations, schemaVersion } from "./schema.ts";
import { prepare } from "./statement.ts";

const versionOf = (db: DatabaseSync): number =>
  prepare<[version: number]>(db, "PRAGMA user_version").get()?.[0] ?? 0;

/** Before anything is changed in it: an older program must not touch what a newer one wrote. */
export const refuseNewer = (db: DatabaseSync): void => {
  const version = versionOf(db);
  if (version > schemaVersion) {
    throw new Error(
      `the database has schema version ${version}, this program knows ${schemaVersion}: use a newer program`,
    );
  }
};

export const migrate = (db: DatabaseSync): void => {
  if (versionOf(db) === schemaVersion) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have been first while this one waited for the lock.
    refuseNewer(db);
    for (const migration of migrations.slice(versionOf(db))) db.exec(migration);
    db.exec(`PRAGMA user_version = ${schemaVersion}`);
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
};
