import type { DatabaseSync } from "node:sqlite";
import type { Take } from "../port/budgets.ts";
import { prepare } from "./statement.ts";

export const prepareReadSpent = (
  db: DatabaseSync,
): ((account: string, windows: readonly Pick<Take, "counter" | "window">[]) => readonly number[]) => {
  const read = prepare<[used: number]>(
    db,
    "SELECT used FROM spends WHERE account = ? AND counter = ? AND window = ?",
  );
  return (account, windows) =>
    windows.map(({ counter, window }) => read.get(account, counter, window)?.[0] ?? 0);
};
