import type { DatabaseSync } from "node:sqlite";
import type { Take, Taken } from "../port/budgets.ts";
import type { Job } from "./job.ts";
import { prepare } from "./statement.ts";

export interface SpendWrites {
  take(account: string, takes: readonly Take[]): Taken;
  /** False for what was settled before. */
  settle(job: Extract<Job, { type: "settle" }>): boolean;
  /** Answers how many of a kind it removed at most, `most` of each at once. */
  prune(now: string, most: number): number;
}

export const prepareSpendWrites = (db: DatabaseSync): SpendWrites => {
  const read = prepare<[used: number]>(
    db,
    "SELECT used FROM spends WHERE account = ? AND counter = ? AND window = ?",
  );
  // Never below nothing, because more is not given back than was taken; never beyond what a number holds exactly, because
  // callers settle what they like, and a sum that cannot be read would stop the key.
  const add = prepare(
    db,
    `INSERT INTO spends (account, counter, window, used, until)
     VALUES (?1, ?2, ?3, min(max(0, ?4), ${Number.MAX_SAFE_INTEGER}), ?5)
     ON CONFLICT (account, counter, window) DO UPDATE SET used = min(max(0, used + ?4), ${Number.MAX_SAFE_INTEGER})`,
  );
  const keepSettlement = prepare(
    db,
    "INSERT INTO settlements (account, id, until) VALUES (?, ?, ?) ON CONFLICT (account, id) DO NOTHING",
  );
  const pruneSpends = prepare(
    db,
    `DELETE FROM spends WHERE (account, counter, window) IN
       (SELECT account, counter, window FROM spends WHERE until < ? LIMIT ?)`,
  );
  const pruneSettlements = prepare(
    db,
    `DELETE FROM settlements WHERE (account, id) IN
       (SELECT account, id FROM settlements WHERE until < ? LIMIT ?)`,
  );

  return {
    // Read, then written: the transaction holds the only lock that writes, so that nobody comes in between.
    take: (account, takes) => {
      const used = takes.map(({ counter, window }) => read.get(account, counter, window)?.[0] ?? 0);
      const granted = takes.map(({ max, by }, place) => Math.min(by, max - (used[place] ?? 0)));
      // A budget that is spent lets nobody in, whatever a call is said to cost.
      const refused = takes.findIndex(
        ({ least, max }, place) => (granted[place] ?? 0) < least || (used[place] ?? 0) >= max,
      );
      if (refused >= 0) return { refused, granted: takes.map(() => 0), used };
      for (const [place, { counter, window, until }] of takes.entries()) {
        add.run(account, counter, window, granted[place] ?? 0, until);
      }
      return { refused: null, granted, used: used.map((before, place) => before + (granted[place] ?? 0)) };
    },
    settle: ({ account, id, until, moves }) => {
      if (keepSettlement.run(account, id, until).changes === 0) return false;
      for (const move of moves) add.run(account, move.counter, move.window, move.by, move.until);
      return true;
    },
    prune: (now, most) =>
      Math.max(...[pruneSpends, pruneSettlements].map((prune) => Number(prune.run(now, most).changes))),
  };
};
