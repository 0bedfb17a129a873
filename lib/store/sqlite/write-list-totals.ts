import type { DatabaseSync } from "node:sqlite";
import { prepare } from "./statement.ts";

/** Keeps the number of keys of each list, in the commit that changes it. A list's row outlives its last key. */
export interface ListTotals {
  /** Answers the list's number. */
  add(account: string, provider: string, region: string): number;
  remove(list: number): void;
  /** Answers the number of the list that the key is in from now on. */
  move(from: number, account: string, provider: string, region: string): number;
}

export const prepareListTotals = (db: DatabaseSync): ListTotals => {
  const find = prepare<[list: number]>(
    db,
    "SELECT list FROM key_lists WHERE account = ? AND provider = ? AND region = ?",
  );
  const increase = prepare<[list: number]>(
    db,
    `INSERT INTO key_lists (account, provider, region, total) VALUES (?, ?, ?, 1)
     ON CONFLICT (account, provider, region) DO UPDATE SET total = total + 1
     RETURNING list`,
  );
  const decrease = prepare(db, "UPDATE key_lists SET total = total - 1 WHERE list = ?");

  const add: ListTotals["add"] = (account, provider, region) => {
    const row = increase.get(account, provider, region);
    if (row === undefined) throw new Error("an upsert returned no row");
    return row[0];
  };
  const remove: ListTotals["remove"] = (list) => {
    decrease.run(list);
  };
  return {
    add,
    remove,
    move: (from, account, provider, region) => {
      if (find.get(account, provider, region)?.[0] === from) return from;
      remove(from);
      return add(account, provider, region);
    },
  };
};
