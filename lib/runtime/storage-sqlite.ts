import { existsSync } from "node:fs";
import { MasterKeyFault, type MasterKeys } from "../sealing/master.ts";
import {
  createKeyring,
  fileMasterKeys,
  masterFile,
  readKeyring,
  wrongMaster,
} from "../sealing/master-file.ts";
import { unwrapKey } from "../sealing/vault.ts";
import { peekStore } from "../store/sqlite/peek.ts";
import { isForeign } from "../store/sqlite/sqlite-error.ts";
import type { WriterKind } from "../store/sqlite/writer.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { databaseFile, ensureFolder, notOurs, unopened } from "./data-folder.ts";
import type { OpenStorage } from "./storage.ts";

/** In the data folder: the database, and beside it the file of the master key. */
export const sqliteStorage =
  (writer: WriterKind): OpenStorage =>
  async ({ dataFolder }) => {
    const master = await openMaster(dataFolder);
    const file = databaseFile(dataFolder);
    const store = await openSqliteStore({ file, writer }).catch((error: unknown) => {
      throw unopened(file, error);
    });
    return { store, master, verifierKeptMs: 0 };
  };

/**
 * The master key of the data folder, made with the folder. For a database that is there already it must open what the
 * database holds: this is found out before anything is written.
 */
const openMaster = async (folder: string): Promise<MasterKeys> => {
  const database = databaseFile(folder);
  ensureFolder(folder, database);
  // The order matters: the key is made before the database, so a database that is seen first has its key.
  const stored = existsSync(database) ? peeked(database) : undefined;
  const file = masterFile(folder);
  if (readKeyring(file) === undefined) {
    if (stored !== undefined) {
      throw new MasterKeyFault(
        `The master key ${file} is missing, and ${database} cannot be read without it. Put the file back from your backup.`,
      );
    }
    createKeyring(file);
  }
  const master = fileMasterKeys(file);
  if (stored !== undefined) {
    const missing = stored.masterIds.find((id) => readKeyring(file)?.keys[id] === undefined);
    if (missing !== undefined) throw wrongMaster(file, missing);
    try {
      await unwrapKey(master, stored.digestKey);
    } catch (error) {
      if (error instanceof MasterKeyFault) throw error;
      throw new MasterKeyFault(
        `The master key ${file} does not open ${database}. Put the right file in its place.`,
      );
    }
  }
  return master;
};

const peeked = (database: string): ReturnType<typeof peekStore> => {
  try {
    return peekStore(database);
  } catch (error) {
    throw isForeign(error) ? notOurs(database, error) : unopened(database, error);
  }
};
