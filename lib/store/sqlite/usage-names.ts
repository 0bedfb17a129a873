import type { DatabaseSync } from "node:sqlite";
import { namesOfKeyMax, otherName, stepMs, type UsageRow } from "../port/usage.ts";
import { prepare } from "./statement.ts";

/**
 * Callers name models and endpoints, and each name is a row in every minute, hour and day: whoever has a key could make
 * the store grow, and all that reads it slow, as long as its requests last. A day bounds its hours and minutes, too; and
 * as its names only grow, a settlement meets the names that its call was counted under.
 */
export const prepareBoundNames = (db: DatabaseSync): ((rows: readonly UsageRow[]) => readonly UsageRow[]) => {
  const read = prepare<[model: string, endpoint: string]>(
    db,
    `SELECT DISTINCT model, endpoint FROM usage
     WHERE step = 'day' AND time = ? AND account = ? AND provider = ? AND key = ? LIMIT ${namesOfKeyMax + 1}`,
  );

  return (rows) => {
    const known = new Map<string, Set<string>>();
    const namesOf = ({ account, provider, key, time }: UsageRow): Set<string> => {
      const day = Math.floor(time / stepMs.day) * stepMs.day;
      const place = JSON.stringify([account, provider, key, day]);
      const before = known.get(place);
      if (before !== undefined) return before;
      const names = new Set(read.all(day, account, provider, key).map((pair) => JSON.stringify(pair)));
      known.set(place, names);
      return names;
    };
    return rows.map((row) => {
      const { model, endpoint } = row;
      if (model === "" && endpoint === "") return row;
      const names = namesOf(row);
      const pair = JSON.stringify([model, endpoint]);
      if (!names.has(pair) && names.size >= namesOfKeyMax) {
        return { ...row, model: otherName, endpoint: otherName };
      }
      names.add(pair);
      return row;
    });
  };
};
