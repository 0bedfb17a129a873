import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementResultingChanges } from "node:sqlite";

/** A prepared statement whose rows come as arrays, which costs less than objects. */
export interface Statement<Row extends readonly SQLOutputValue[]> {
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
  run(...values: SQLInputValue[]): StatementResultingChanges;
}

/** A row type is a promise about the SELECT list: STRICT tables keep the types of columns. */
export const prepare = <Row extends readonly SQLOutputValue[] = never>(
  db: DatabaseSync,
  sql: string,
): Statement<Row> => {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  // The library's types know neither rows as arrays nor what the SELECT list holds.
  return statement as unknown as Statement<Row>;
};

/** Shapes of queries are few, but a caller chooses how their parts combine. */
const statementsMax = 100;

/** Prepares a text when it is first asked for. */
export const prepareOnUse = <Row extends readonly SQLOutputValue[]>(
  db: DatabaseSync,
): ((sql: string) => Statement<Row>) => {
  const prepared = new Map<string, Statement<Row>>();
  return (sql) => {
    const found = prepared.get(sql);
    if (found !== undefined) return found;
    if (prepared.size >= statementsMax) prepared.clear();
    const statement = prepare<Row>(db, sql);
    prepared.set(sql, statement);
    return statement;
  };
};
