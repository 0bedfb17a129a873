import type { DatabaseSync } from "node:sqlite";
import type { KeyCount } from "../port/key-query.ts";
import { prepare } from "./statement.ts";

/** From the totals of the lists, of which a store has few beside its keys: no key is read. Asked once, at a start. */
export const countKeys = (db: DatabaseSync): readonly KeyCount[] =>
  prepare<[provider: string, keys: number]>(
    db,
    "SELECT provider, sum(total) FROM key_lists WHERE total > 0 GROUP BY 1 ORDER BY 1",
  )
    .all()
    .map(([provider, keys]) => ({ provider, keys }));
