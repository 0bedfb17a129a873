import type { DatabaseSync } from "node:sqlite";
import type { LastUse } from "../port/records.ts";
import { sumsOf } from "../usage-sums.ts";
import { prepare } from "./statement.ts";
import { prepareBoundNames } from "./usage-names.ts";
import { readUsageText, type UsageText } from "./usage-text.ts";
import type { LastUseWrites } from "./write-last-uses.ts";
import type { UsageWrites } from "./write-usage.ts";

/** Of one part, so many batches are added up at once. */
const batchesAtOnce = 256;

export interface UsageLogWrites {
  add(texts: readonly UsageText[]): void;
  /** Whether there is more of this part. */
  sumUp(part: number): boolean;
}

export const prepareUsageLogWrites = (
  db: DatabaseSync,
  usage: UsageWrites,
  lastUses: LastUseWrites,
): UsageLogWrites => {
  const add = prepare(db, "INSERT INTO usage_log (part, text) VALUES (?, ?)");
  const read = prepare<[seq: number, text: string]>(
    db,
    "SELECT seq, text FROM usage_log WHERE part = ? ORDER BY seq LIMIT ?",
  );
  const boundNames = prepareBoundNames(db);
  const remove = prepare(db, "DELETE FROM usage_log WHERE part = ? AND seq <= ?");

  return {
    add: (texts) => {
      for (const { part, text } of texts) add.run(part, text);
    },
    sumUp: (part) => {
      const logged = read.all(part, batchesAtOnce);
      const last = logged.at(-1);
      if (last === undefined) return false;
      const batches = logged.map(([, text]) => readUsageText(text));
      usage.add(sumsOf(boundNames(sumsOf(batches.flatMap(({ rows }) => rows)))));
      lastUses.note(latestOf(batches.flatMap(({ uses }) => uses)));
      remove.run(part, last[0]);
      return logged.length === batchesAtOnce;
    },
  };
};

const latestOf = (uses: readonly LastUse[]): readonly LastUse[] => {
  const latest = new Map<string, LastUse>();
  for (const use of uses) {
    const place = JSON.stringify([use.account, use.service, use.id, use.generation]);
    const before = latest.get(place);
    if (before === undefined || before.at < use.at) latest.set(place, use);
  }
  return [...latest.values()];
};

/** The parts that have something to add up. */
export const prepareReadParts = (db: DatabaseSync): (() => readonly number[]) => {
  const read = prepare<[part: number]>(db, "SELECT DISTINCT part FROM usage_log ORDER BY part");
  return () => read.all().map(([part]) => part);
};
