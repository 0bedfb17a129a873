import type { KeyQuery } from "../port/key-query.ts";
import { conditionOf, indexFor } from "./key-filter.ts";

/** What the statements of one query are made of. Parameters: account, list, then `values`. */
export interface KeyListSql {
  /** All matches: total. */
  readonly count: string;
  /** Rows of seq, sort value, document and last use. More parameters: limit, offset. */
  readonly offsetPage: string;
  /** The same rows. More parameters: limit. */
  readonly firstPage: string;
  /** The rows after a place with its sort value. More parameters: sort value and seq of the place, limit. */
  readonly tied: string;
  /** The rows beyond that sort value. More parameters: sort value, limit. */
  readonly beyond: string;
  readonly values: readonly (string | number)[];
}

const sortColumn = { createdAt: "created_at", name: "name" } as const;

/**
 * The document is fetched by a subquery, which SQLite runs only for the rows that it answers: the walk itself, skipped
 * rows and filters included, reads the index alone.
 */
export const keyListSql = ({ filters, sort }: Pick<KeyQuery, "filters" | "sort">): KeyListSql => {
  const conditions = filters.map(conditionOf);
  const index = indexFor(filters, sort.by);
  const column = sortColumn[sort.by];
  const order = sort.order === "asc" ? "ASC" : "DESC";
  const after = sort.order === "asc" ? ">" : "<";

  // The account stands in the id index only; elsewhere the list's number implies it.
  const account = index === "keys_by_id" ? "k.account = ?1" : "?1 IS NOT NULL";
  const where = [account, "k.list = ?2", ...conditions.map(({ sql }) => sql)].join(" AND ");
  const from = `FROM keys AS k INDEXED BY ${index} WHERE ${where}`;
  const select = `SELECT k.seq, k.${column}, (SELECT doc FROM keys AS d WHERE d.seq = k.seq),
    (SELECT max(at) FROM last_uses WHERE last_uses.key = k.seq) ${from}`;
  const ordered = `ORDER BY k.${column} ${order}, k.seq ${order} LIMIT ?`;
  return {
    count: `SELECT count(*) ${from}`,
    offsetPage: `${select} ${ordered} OFFSET ?`,
    firstPage: `${select} ${ordered}`,
    // Two statements, because SQLite compares a row value with an index only up to the column before the rowid: it
    // would walk through all keys of one name to find a place among them.
    tied: `${select} AND k.${column} = ? AND k.seq ${after} ? ${ordered}`,
    beyond: `${select} AND k.${column} ${after} ? ${ordered}`,
    values: conditions.flatMap(({ values }) => values),
  };
};
