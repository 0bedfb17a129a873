import type { DatabaseSync } from "node:sqlite";
import type { KeyCount } from "../port.ts";
import { prepare } from "./statement.ts";

/** From the totals of the lists, of which a store has few beside its keys: no key is read. */
export const prepareCountKeys = (db: DatabaseSync): (() => readonly KeyCount[]) => {
  const totals = prepare<[provider: string, keys: number]>(
    db,
    "SELECT provider, sum(total) FROM key_lists WHERE total > 0 GROUP BY provider ORDER BY provider",
  );
  return () => totals.all().map(([provider, keys]) => ({ provider, keys }));
};
