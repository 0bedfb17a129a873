import { existsSync } from "node:fs";
import { readCloud } from "../lib/runtime/cloud.ts";
import { databaseFile, readDataFolder } from "../lib/runtime/data-folder.ts";

/** What the command-line tasks share. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** A fault of the caller, told in words. */
export class TaskFault extends Error {}

export const unreadable = (file: string, error: unknown): string =>
  error instanceof Error && "code" in error && error.code === "ENOENT"
    ? `There is no file ${file}.`
    : `${file} cannot be read.`;

export const existingData = (folder: string): void => {
  if (!existsSync(databaseFile(folder))) {
    throw new TaskFault(`There is no Keyway data in ${folder}. Set KEYWAY_DATA to the folder of the server.`);
  }
};

/** Where the server's data is in a table, a folder that happens to be there is another store, or none. */
export const folderAlone = (): string => {
  if (readCloud(process.env) !== undefined) {
    throw new TaskFault(
      "The data is in a table of DynamoDB, which AWS itself can restore to any second of 35 days. Without KEYWAY_TABLE and KEYWAY_KMS_KEY this is about KEYWAY_DATA.",
    );
  }
  return readDataFolder(process.env);
};

export const run = (task: () => Promise<void>): void => {
  task().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
};
