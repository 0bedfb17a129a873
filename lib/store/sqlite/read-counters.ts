import type { DatabaseSync } from "node:sqlite";
import { prepare } from "./statement.ts";

export const prepareReadCounter = (db: DatabaseSync): ((account: string, counter: string) => number) => {
  const read = prepare<[value: number]>(db, "SELECT value FROM counters WHERE account = ? AND counter = ?");
  return (account, counter) => read.get(account, counter)?.[0] ?? 0;
};
