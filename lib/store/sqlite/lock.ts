import { DatabaseSync } from "node:sqlite";
import { createFile } from "./connection.ts";
import { isBusy } from "./sqlite-error.ts";

/**
 * Runs a task that only one process may run at a time. SQLite's own lock on a file of its own: the system frees it when
 * a process dies, however it dies. Undefined when somebody else holds it.
 */
export const withLock = async <T>(
  file: string,
  task: () => Promise<T>,
): Promise<{ readonly done: T } | undefined> => {
  createFile(file);
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  try {
    return { done: await task() };
  } finally {
    db.close();
  }
};
