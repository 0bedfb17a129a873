import type { DatabaseSync, SQLInputValue, SQLOutputValue } from "node:sqlite";
import { type UsageName, type UsageQuery, usageNames } from "../port/usage.ts";
import { prepareOnUse } from "./statement.ts";

/** So many rows are added up in one go: some milliseconds, however many there are in a step. */
const pageRows = 4000;

/** The order of the tables behind step, time and account. */
const order = ["provider", "key", "model", "endpoint", "team", "outcome"] as const;

export interface UsageTable {
  readonly name: "usage" | "usage_latencies";
  /** What is added up. */
  readonly columns: string;
  /** Beyond names and outcome told apart. */
  readonly more: readonly string[];
}

/** A range of the table that one seek finds: of all that is asked for, or of one provider, or of one key of it. */
type Cell = readonly string[];

type Shape = Pick<UsageQuery, "by" | "where">;

export const cellsOf = ({ provider, key }: UsageQuery["where"]): readonly Cell[] => {
  if (provider === undefined) return [[]];
  const providers = [...new Set(provider)].map((name) => [name]);
  return key === undefined
    ? providers
    : providers.flatMap((cell) => [...new Set(key)].map((id) => [...cell, id]));
};

const filtersOf = (
  where: UsageQuery["where"],
  cell: Cell,
): readonly (readonly [UsageName, readonly string[]])[] =>
  usageNames.flatMap((name) => {
    const values = where[name];
    const isSought = (order as readonly string[]).indexOf(name) < cell.length;
    return values === undefined || isSought ? [] : [[name, values] as const];
  });

/** `end` is where a page ends, `sums` is what is in it; both seek to where the page before ended. */
export const usagePageSql = (
  { by, where }: Shape,
  table: UsageTable,
  cell: Cell,
): { readonly end: string; readonly sums: string } => {
  const sought = order.slice(0, cell.length).map((name) => `AND ${name} = ?`);
  const rest = [...order.slice(cell.length), ...table.more];
  const tuple = `(${rest.join(", ")})`;
  const values = `(${rest.map(() => "?").join(", ")})`;
  const from = `FROM ${table.name} WHERE step = ? AND time = ? AND account = ? ${sought.join(" ")} AND ${tuple} > ${values}`;
  const names = usageNames.map((name) => (by.includes(name) ? name : "''"));
  // With a plus, which keeps it from being sought by: each page would begin at the beginning.
  const filters = filtersOf(where, cell).map(([name]) => `AND +${name} IN (SELECT value FROM json_each(?))`);
  return {
    end: `SELECT ${rest.join(", ")} ${from} ORDER BY ${rest.join(", ")} LIMIT 1 OFFSET ${pageRows - 1}`,
    sums: `SELECT ${names.join(", ")}, outcome, ${table.columns} ${from} AND ${tuple} <= ${values} ${filters.join(" ")}
      GROUP BY ${[...by, "outcome", ...table.more].join(", ")}`,
  };
};

/** Above all texts and numbers. */
const beyondAll = new Uint8Array(0);

/** The sums of one step, page by page. A statement that stood open in between would hold all readings to its moment. */
export const prepareUsagePages = <Row extends readonly SQLOutputValue[]>(
  db: DatabaseSync,
  table: UsageTable,
) => {
  const ends = prepareOnUse<SQLInputValue[] & SQLOutputValue[]>(db);
  const sums = prepareOnUse<Row>(db);

  return function* (query: UsageQuery, time: number): Generator<readonly Row[]> {
    for (const cell of cellsOf(query.where)) {
      const sql = usagePageSql(query, table, cell);
      const filters = filtersOf(query.where, cell).map(([, values]) => JSON.stringify(values));
      const place = [query.step, time, query.account, ...cell];
      const length = order.length + table.more.length - cell.length;
      let after: readonly SQLInputValue[] = new Array(length).fill("");
      for (let isLast = false; !isLast; ) {
        const end = ends(sql.end).get(...place, ...after);
        isLast = end === undefined;
        const to = end ?? new Array(length).fill(beyondAll);
        yield sums(sql.sums).all(...place, ...after, ...to, ...filters);
        after = to;
      }
    }
  };
};
