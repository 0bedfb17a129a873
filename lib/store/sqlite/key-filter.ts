import type { KeyFilter } from "../port/key-query.ts";

/** A condition on columns of `keys`, and the values of its parameters in order. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

const values = (of: readonly string[]): string => JSON.stringify(of);

/** SQLite's `lower` knows ASCII only, and so must this one. */
const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());

type TextFilter = Exclude<
  KeyFilter,
  { readonly field: "digest" | "team" | "nameOrId" | "createdAt" | "activeAt" }
>;

/** Lists of values go in as one parameter, so that the texts of statements stay few and are prepared once. */
export const conditionOf = (filter: KeyFilter): Condition => {
  switch (filter.field) {
    case "digest":
      return { sql: digestIn, values: [values(filter.values)] };
    case "team":
      return { sql: `${team} IN (SELECT value FROM json_each(?))`, values: [values(filter.values)] };
    case "nameOrId":
      return { sql: nameOrId, values: [values(filter.values.map(lowerAscii))] };
    case "createdAt":
      return { sql: `k.created_at ${times[filter.op]} ?`, values: [Date.parse(filter.values[0])] };
    case "activeAt":
      return { sql: `${activeAt} ${times[filter.op]} ?`, values: [filter.values[0]] };
    default:
      return textCondition(filter);
  }
};

/** Rarely asked for, so they have no columns: the walk reads the documents of the keys that meet the rest. */
const team = "json_extract(k.doc, '$.key.owner.team')";
const activeAt = `coalesce((SELECT max(at) FROM last_uses WHERE last_uses.key = k.seq),
  json_extract(k.doc, '$.key.createdAt'))`;

const times = { before: "<", from: ">=" } as const;

const textCondition = ({ field, op, values: alternatives }: TextFilter): Condition => {
  const [first, ...more] = alternatives;
  switch (op) {
    case "equals":
      if (first === undefined) return { sql: "0", values: [] };
      if (more.length === 0) return { sql: `k.${field} = ?`, values: [first] };
      return { sql: `k.${field} IN (SELECT value FROM json_each(?))`, values: [values(alternatives)] };
    case "not":
      if (first === undefined) return { sql: "1", values: [] };
      if (more.length === 0) return { sql: `k.${field} <> ?`, values: [first] };
      return { sql: `k.${field} NOT IN (SELECT value FROM json_each(?))`, values: [values(alternatives)] };
    case "contains":
      if (first === undefined) return { sql: "0", values: [] };
      // Unlike LIKE, this has no wildcards to escape and no longest pattern.
      if (more.length === 0) return { sql: `instr(lower(k.${field}), ?) > 0`, values: [lowerAscii(first)] };
      return {
        sql: `EXISTS (SELECT 1 FROM json_each(?) AS j WHERE instr(lower(k.${field}), j.value) > 0)`,
        values: [values(alternatives.map(lowerAscii))],
      };
    case "lacks":
      return {
        sql: `NOT EXISTS (SELECT 1 FROM json_each(?) AS j WHERE instr(lower(k.${field}), j.value) > 0)`,
        values: [values(alternatives.map(lowerAscii))],
      };
  }
};

const nameOrId = `EXISTS (SELECT 1 FROM json_each(?) AS j
  WHERE instr(lower(k.name), j.value) > 0 OR instr(lower(k.id), j.value) > 0)`;

/** A list's index holds neither digest nor generation; each key that has the digest is looked up by its number. */
const digestIn = `k.seq IN (
  SELECT s.key FROM secrets AS s JOIN keys AS d ON d.seq = s.key AND d.generation = s.generation
  WHERE s.digest IN (SELECT value FROM json_each(?)))`;

const finds = (filters: readonly KeyFilter[], field: KeyFilter["field"]): boolean =>
  filters.some((filter) => filter.op === "equals" && filter.field === field);

/** The index that a list walks. Named in the statement, because SQLite guesses without statistics. */
export const indexFor = (filters: readonly KeyFilter[], sortBy: "createdAt" | "name"): string => {
  if (finds(filters, "id")) return "keys_by_id";
  if (sortBy === "name" || finds(filters, "name")) return "keys_by_name";
  return "keys_by_creation";
};
