import type { UsageQuery, UsageRow } from "../store/port/usage.ts";
import type { Ranked } from "./ranked.ts";

/** The names that these groups have, as a question for their rows alone; of several names some rows more. */
export const whereListed = (
  { by, where }: Pick<UsageQuery, "by" | "where">,
  groups: readonly Ranked[],
): UsageQuery["where"] => ({
  ...where,
  ...Object.fromEntries(
    by.map((name) => [
      name,
      [...new Set(groups.flatMap(({ rows }) => rows.map((row: UsageRow) => row[name])))],
    ]),
  ),
});
