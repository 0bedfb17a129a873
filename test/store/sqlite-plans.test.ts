import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KeyFilter, KeyQuery } from "../../lib/store/port/key-query.ts";
import { keyListSql } from "../../lib/store/sqlite/key-list-sql.ts";
import { countsTable, latenciesTable } from "../../lib/store/sqlite/read-usage.ts";
import { migrations } from "../../lib/store/sqlite/schema.ts";
import { cellsOf, usagePageSql } from "../../lib/store/sqlite/usage-pages.ts";

const filterSets: readonly (readonly KeyFilter[])[] = [
  [],
  [{ field: "status", op: "equals", values: ["enabled"] }],
  [{ field: "variant", op: "not", values: ["a", "b"] }],
  [{ field: "name", op: "contains", values: ["x"] }],
  [{ field: "id", op: "contains", values: ["x", "y"] }],
];

const sorts: readonly KeyQuery["sort"][] = [
  { by: "createdAt", order: "desc" },
  { by: "createdAt", order: "asc" },
  { by: "name", order: "desc" },
  { by: "name", order: "asc" },
];

const cases = sorts.flatMap((sort) => filterSets.map((filters) => ({ sort, filters })));

const db = new DatabaseSync(":memory:");
beforeAll(() => {
  for (const migration of migrations) db.exec(migration);
});
afterAll(() => db.close());

const planOf = (sql: string): string =>
  db
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map(({ detail }) => String(detail))
    .join("\n");

describe("the statements of a list", () => {
  it.each(cases)("walk a covering index in its order: %j", (query) => {
    const index = query.sort.by === "name" ? "keys_by_name" : "keys_by_creation";
    const sql = keyListSql(query);
    for (const page of [sql.offsetPage, sql.firstPage, sql.tied, sql.beyond]) {
      const plan = planOf(page);
      expect(plan).toContain(`SEARCH k USING COVERING INDEX ${index} (list=?`);
      expect(plan).not.toContain("SCAN k");
      expect(plan).not.toContain("ORDER BY");
      expect(plan).toContain("SEARCH d USING INTEGER PRIMARY KEY (rowid=?)");
    }
    expect(planOf(sql.count)).toContain(`SEARCH k USING COVERING INDEX ${index} (list=?)`);
  });

  it.each(sorts)("begin a cursor page at its place: %o", (sort) => {
    const column = sort.by === "name" ? "name" : "created_at";
    const bound = sort.order === "asc" ? ">" : "<";
    const sql = keyListSql({ sort, filters: [] });
    expect(planOf(sql.tied)).toContain(`(list=? AND ${column}=? AND seq${bound}?)`);
    expect(planOf(sql.beyond)).toContain(`(list=? AND ${column}${bound}?)`);
  });

  it("look ids and names up instead of walking", () => {
    const sort = { by: "createdAt", order: "desc" } as const;
    const byId = keyListSql({ sort, filters: [{ field: "id", op: "equals", values: ["a", "b"] }] });
    expect(planOf(byId.offsetPage)).toContain("SEARCH k USING INDEX keys_by_id (account=? AND id=?)");
    const byName = keyListSql({ sort, filters: [{ field: "name", op: "equals", values: ["a"] }] });
    expect(planOf(byName.offsetPage)).toContain(
      "SEARCH k USING COVERING INDEX keys_by_name (list=? AND name=?)",
    );
  });
});

describe("a reading of usage", () => {
  it.each([
    [{}, "", "provider,key,model,endpoint,team,outcome"],
    [{ model: ["m"] }, "", "provider,key,model,endpoint,team,outcome"],
    [{ provider: ["aione"] }, " AND provider=?", "key,model,endpoint,team,outcome"],
    [{ provider: ["aione"], model: ["m"] }, " AND provider=?", "key,model,endpoint,team,outcome"],
    [{ provider: ["aione"], key: ["k"] }, " AND provider=? AND key=?", "model,endpoint,team,outcome"],
  ])("of %j seeks in the table itself, to where the page before ended", (where, seek, rest) => {
    const query = { by: ["model"], where } as const;
    const [cell = []] = cellsOf(where);
    for (const table of [countsTable, latenciesTable]) {
      const { end, sums } = usagePageSql(query, table, cell);
      const range = [rest, ...table.more].join(",");
      const search = `SEARCH ${table.name} USING PRIMARY KEY (step=? AND time=? AND account=?${seek} AND (${range})>(?`;
      expect(planOf(end)).toContain(search);
      expect(planOf(end)).not.toContain("ORDER BY");
      expect(planOf(sums)).toContain(search);
      expect(planOf(sums)).toMatch(/\) AND \([a-z,]+\)<\(\?/);
    }
  });
});
