import type { UsageRow } from "../store/port/usage.ts";
import { type Totals, totalsOf } from "./totals.ts";

export interface Ranked {
  readonly name: string;
  readonly rows: readonly UsageRow[];
  readonly totals: Totals;
}

/** Rows by a name of theirs, the one with the most first; of equal ones, in the order of their names. */
export const ranked = (
  rows: readonly UsageRow[],
  nameOf: (row: UsageRow) => string,
  amountOf: (totals: Totals) => number,
): readonly Ranked[] =>
  [...Map.groupBy(rows, nameOf)]
    .map(([name, own]) => ({ name, rows: own, totals: totalsOf(own) }))
    .sort((one, other) => amountOf(other.totals) - amountOf(one.totals) || (one.name < other.name ? -1 : 1));
