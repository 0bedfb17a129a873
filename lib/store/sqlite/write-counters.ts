import type { DatabaseSync } from "node:sqlite";
import { StoreRefusal, type Write } from "../port/unit.ts";
import { prepare } from "./statement.ts";

type CountWrite = Extract<Write, { type: "count" }>;

/** One statement reads, checks and moves the counter. */
export const prepareCount = (db: DatabaseSync): ((write: CountWrite) => void) => {
  const move = prepare(
    db,
    `INSERT INTO counters (account, counter, value)
     SELECT ?1, ?2, ?3
     WHERE coalesce((SELECT value FROM counters WHERE account = ?1 AND counter = ?2), 0) + ?3 BETWEEN ?4 AND ?5
     ON CONFLICT (account, counter) DO UPDATE SET value = value + excluded.value`,
  );
  return ({ type, account, counter, by, min, max }) => {
    const moved = move.run(
      account,
      counter,
      by,
      min ?? Number.MIN_SAFE_INTEGER,
      max ?? Number.MAX_SAFE_INTEGER,
    );
    if (moved.changes === 0) throw new StoreRefusal("limit", type);
  };
};
