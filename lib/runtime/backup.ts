import { closeSync, existsSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MasterKeyFault } from "../sealing/master.ts";
import type { Keyring } from "../sealing/master-file.ts";
import { keyring, masterFile, readKeyring, replaceKeyring } from "../sealing/master-file.ts";
import { settleMaster } from "../sealing/rotate.ts";
import { copyIn, copyOut } from "../store/sqlite/copy.ts";
import { inlineWriter } from "../store/sqlite/inline-writer.ts";
import { peekStore } from "../store/sqlite/peek.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { databaseFile } from "./data-folder.ts";
import { maintain } from "./maintenance.ts";

class BackupFault extends Error {}

/**
 * A backup is one SQLite file: the data, and in a table of its own the master keys that open it. It is worth as much
 * as the data folder, so only its owner may read it.
 */
const keyringTable = "backup_keyring";

export const backUp = async (
  folder: string,
  file: string,
  progress: (left: number, all: number) => void,
): Promise<void> => {
  if (existsSync(file)) throw new BackupFault(`${file} exists already; name another file.`);
  if (!existsSync(dirname(file))) {
    throw new BackupFault(`There is no folder ${dirname(file)}. Make it, or name a file in another one.`);
  }
  const draft = `${file}.${process.pid}.part`;
  try {
    closeSync(openSync(draft, "wx", 0o600));
  } catch {
    throw new BackupFault(`${dirname(file)} cannot be written to. Name a file in another folder.`);
  }
  try {
    // Read on both sides of the copy: a rotation in between changes which master key the copied rows need.
    const before = keyringOf(folder);
    await copyOut(databaseFile(folder), draft, progress);
    const after = keyringOf(folder);
    const ring: Keyring = { current: after.current, keys: { ...before.keys, ...after.keys } };
    const db = new DatabaseSync(draft);
    try {
      db.exec(`CREATE TABLE ${keyringTable} (keyring TEXT NOT NULL) STRICT`);
      db.prepare(`INSERT INTO ${keyringTable} VALUES (?)`).run(JSON.stringify(ring));
    } finally {
      db.close();
    }
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
};

const keyringOf = (folder: string): Keyring => {
  const ring = readKeyring(masterFile(folder));
  if (ring === undefined) throw new MasterKeyFault(`There is no master key ${masterFile(folder)}.`);
  return ring;
};

/**
 * Puts a backup in place of what the folder holds; servers on the folder may run. What is replaced is backed up first,
 * and its file answered. A folder of another store is refused: its servers hold digest keys that the backup lacks.
 */
export const restore = (file: string, folder: string): Promise<{ readonly replaced: string | undefined }> =>
  maintain(folder, () => replaceData(file, folder));

const replaceData = async (
  file: string,
  folder: string,
): Promise<{ readonly replaced: string | undefined }> => {
  const ring = readBackup(file);
  const database = databaseFile(folder);
  const present = existsSync(database) ? peekStore(database) : undefined;
  if (present !== undefined && present.digestKey.id !== peekStore(file)?.digestKey.id) {
    throw new BackupFault(`${folder} holds the data of another store. Restore into an empty folder.`);
  }
  let replaced: string | undefined;
  if (present !== undefined) {
    replaced = join(folder, `before-restore-${new Date().toISOString().replaceAll(":", "-")}.backup`);
    await backUp(folder, replaced, () => undefined);
  }
  const own = readKeyring(masterFile(folder));
  replaceKeyring(masterFile(folder), {
    current: own?.current ?? ring.current,
    keys: { ...ring.keys, ...own?.keys },
  });
  if (!existsSync(database)) closeSync(openSync(database, "wx", 0o600));
  const scratch = join(folder, `restore-${process.pid}.part`);
  closeSync(openSync(scratch, "wx", 0o600));
  try {
    copyIn(database, file, scratch);
  } finally {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${scratch}${suffix}`, { force: true });
  }
  const store = await openSqliteStore({ file: database, writer: inlineWriter });
  try {
    await settleMaster(store, masterFile(folder), () => undefined);
  } finally {
    await store.close();
  }
  return { replaced };
};

const readBackup = (file: string): Keyring => {
  const fault = new BackupFault(`${file} is not a backup of Keyway, or it is damaged.`);
  if (!existsSync(file)) throw new BackupFault(`There is no file ${file}.`);
  let text: unknown;
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      if (db.prepare("PRAGMA quick_check").get()?.quick_check !== "ok") throw fault;
      text = db.prepare(`SELECT keyring FROM ${keyringTable}`).get()?.keyring;
    } finally {
      db.close();
    }
  } catch {
    throw fault;
  }
  const parsed = keyring.safeParse(typeof text === "string" ? JSON.parse(text) : undefined);
  if (!parsed.success) throw fault;
  return parsed.data;
};
