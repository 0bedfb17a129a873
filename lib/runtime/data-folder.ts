import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

/** In the environment. A task that works on the folder reads this alone: the secrets of real systems are not its own. */
export const dataVariable = { KEYWAY_DATA: z.string().min(1, "must not be empty").default("./.keyway") };

export const readDataFolder = (env: Readonly<Record<string, string | undefined>>): string => {
  const { success, data, error } = z.object(dataVariable).safeParse(env);
  if (success) return data.KEYWAY_DATA;
  throw new DataFault(`KEYWAY_DATA ${error.issues.map(({ message }) => message).join(", ")}.`);
};

export const databaseFile = (folder: string): string => join(folder, "keyway.sqlite");

/** The data folder cannot be used; a person can mend that. */
export class DataFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DataFault";
  }
}

/** What the system says, in words that tell what to do. */
const advice: Readonly<Record<string, string>> = {
  EEXIST: "is not a folder. Name another one",
  ENOTDIR: "is not below a folder. Name another one",
  EACCES: "cannot be written. Let the user that runs Keyway read and write it, or name another one",
  EPERM: "cannot be written. Let the user that runs Keyway read and write it, or name another one",
  EROFS: "cannot be written, because its disk is read-only. Name another one",
  ENOSPC: "cannot be made, because its disk is full. Make room, or name another one",
};

export const folderFault = (path: string, error: unknown): DataFault => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  return new DataFault(
    `KEYWAY_DATA: ${path} ${advice[code] ?? `cannot be used (${code}). Name another one`}.`,
    {
      cause: error,
    },
  );
};

/** Makes the folder where there is none, and finds out before anything is written whether it can be. */
export const ensureFolder = (folder: string, database: string): void => {
  let path = folder;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    if (!existsSync(database)) return;
    path = database;
    accessSync(database, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw folderFault(path, error);
  }
  if (!statSync(database).isFile()) throw notOurs(database);
};

export const notOurs = (database: string, cause?: unknown): DataFault =>
  new DataFault(
    `KEYWAY_DATA: ${database} is not a database of Keyway's. Put your backup back, or name another folder.`,
    { cause },
  );

/** The store's own words say why: a newer program wrote it, another one holds it, the disk failed. */
export const unopened = (database: string, error: unknown): DataFault =>
  new DataFault(
    `KEYWAY_DATA: ${database} cannot be opened: ${error instanceof Error ? error.message : "unknown error"}.`,
    { cause: error },
  );
