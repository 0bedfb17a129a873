import { creationPlace, decodeCursor, encodeCursor, namePlace } from "../cursor.ts";
import { checkedCount } from "../page-limit.ts";
import type { KeyFilter, KeyPage, KeyQuery } from "../port/key-query.ts";
import { type Listed, matches, needsUses } from "./key-filter.ts";
import {
  byCreation,
  byName,
  creationMark,
  keyPlace,
  listPartition,
  nameBounds,
  nameMark,
  presentedPlace,
  totalPlace,
  usesPlace,
} from "./places.ts";
import { usedRecord } from "./read-keys.ts";
import { numberOf, type Row, textOf } from "./row.ts";
import type { RowQuery, Table } from "./table.ts";
import { aliasedId, holdersOf, keyRowOf } from "./write-keys.ts";

/** Rows of a list are small: so many are read at once where all of them may have to be looked at. */
const walkPageSize = 1000;
const usesAtOnce = 100;

export const openListKeys = (table: Table): ((query: KeyQuery) => Promise<KeyPage>) => {
  /** All of a list that meet its filters, in its order, from a place on. */
  const walk = async function* (query: KeyQuery, after: string | null, limit: number): AsyncIterable<Listed> {
    const withDigests = await idsByDigest(table, query);
    const rest = query.filters.filter(({ field }) => field !== "digest");
    const meets = (row: Listed): boolean =>
      withDigests.every((ids) => ids.has(row.id)) && rest.every((filter) => matches(filter, row));
    const pageSize = query.filters.length === 0 ? limit : walkPageSize;
    const rows = candidates(table, query, after, pageSize);
    if (!rest.some(needsUses)) {
      for await (const row of rows) if (meets(row)) yield row;
      return;
    }
    for await (const some of chunks(rows, usesAtOnce)) {
      const uses = await table.get(some.map(({ service, id }) => usesPlace(query.account, service, id)));
      for (const [place, row] of some.entries()) {
        const used = { ...row, lastUsedAt: lastUseIn(uses[place]) };
        if (meets(used)) yield used;
      }
    }
  };

  /** Without those that were deleted between the two reads. */
  const recordsOf = async (
    { account, sort }: KeyQuery,
    listed: readonly Listed[],
  ): Promise<Pick<KeyPage, "items" | "cursors">> => {
    const rows = await table.get([
      ...listed.map(({ service, id }) => keyPlace(account, service, id)),
      ...listed.map(({ service, id }) => usesPlace(account, service, id)),
    ]);
    const found = listed.flatMap((one, place) => {
      const row = rows[place];
      if (row === undefined || aliasedId(row) !== undefined) return [];
      const item = usedRecord(keyRowOf(row).record, rows[listed.length + place]);
      return [{ item, cursor: cursorOf(sort.by, one) }];
    });
    return { items: found.map(({ item }) => item), cursors: found.map(({ cursor }) => cursor) };
  };

  const totalOf = async ({ account, provider, region }: KeyQuery): Promise<number> => {
    const [row] = await table.get([totalPlace(account, provider, region)]);
    return row === undefined ? 0 : numberOf(row, "total");
  };

  const offsetPage = async (query: KeyQuery, offset: number, limit: number): Promise<KeyPage> => {
    const isWhole = query.filters.length === 0;
    const page: Listed[] = [];
    let seen = 0;
    if (limit > 0 || !isWhole) {
      for await (const row of walk(query, null, offset + limit)) {
        if (seen >= offset && page.length < limit) page.push(row);
        seen += 1;
        if (isWhole && seen >= offset + limit) break;
      }
    }
    const total = isWhole ? await totalOf(query) : seen;
    const { items } = await recordsOf(query, page);
    return { items, total, next: null, cursors: [] };
  };

  const cursorPage = async (query: KeyQuery, after: string | null, limit: number): Promise<KeyPage> => {
    const place = after === null ? null : placeAfter(query.sort.by, after);
    const page: Listed[] = [];
    let isMore = false;
    // One more than asked for tells whether there is a next page.
    for await (const row of walk(query, place, limit + 1)) {
      if (page.length === limit) {
        isMore = true;
        break;
      }
      page.push(row);
    }
    const last = isMore ? page.at(-1) : undefined;
    return {
      ...(await recordsOf(query, page)),
      total: null,
      next: last === undefined ? null : cursorOf(query.sort.by, last),
    };
  };

  return async (query) => {
    const { page } = query;
    return page.type === "offset"
      ? offsetPage(query, checkedCount("offset", page.offset, 0), checkedCount("limit", page.limit, 0))
      : cursorPage(query, page.after, checkedCount("limit", page.limit, 1));
  };
};

const cursorOf = (by: KeyQuery["sort"]["by"], { createdAt, name, seq }: Listed): string =>
  encodeCursor([by === "name" ? name : createdAt, seq]);

const placeAfter = (by: KeyQuery["sort"]["by"], cursor: string): string =>
  by === "name"
    ? byName(...decodeCursor(namePlace, cursor))
    : byCreation(...decodeCursor(creationPlace, cursor));

const listedOf = (row: Row): Listed => ({
  service: textOf(row, "service") as Listed["service"],
  id: textOf(row, "id"),
  name: textOf(row, "name"),
  status: textOf(row, "status"),
  variant: textOf(row, "variant"),
  team: typeof row.fields.team === "string" ? row.fields.team : null,
  createdAt: numberOf(row, "createdAt"),
  seq: numberOf(row, "seq"),
  lastUsedAt: null,
});

const lastUseIn = (row: Row | undefined): string | null =>
  Object.entries(row?.fields ?? {}).reduce<string | null>(
    (latest, [name, at]) =>
      /^at\d+$/.test(name) && typeof at === "string" && (latest === null || at > latest) ? at : latest,
    null,
  );

const valuesFor = (filters: readonly KeyFilter[], field: KeyFilter["field"]): readonly string[] | undefined =>
  filters.find((filter) => filter.field === field && filter.op === "equals")?.values;

/** Rows that may meet the filters, in the order of the query. A name leads to its own rows, whatever else is asked. */
const candidates = async function* (
  table: Table,
  { account, provider, region, filters, sort }: KeyQuery,
  after: string | null,
  pageSize: number,
): AsyncIterable<Listed> {
  const pk = listPartition(account, provider, region);
  const mark = sort.by === "name" ? nameMark : creationMark;
  const [only, ...others] = valuesFor(filters, "name") ?? [];
  const isOneName = sort.by === "name" && only !== undefined && others.length === 0;
  const [from, to] = isOneName ? nameBounds(only) : [mark, `${mark}\u{10ffff}`];
  const isAsc = sort.order === "asc";
  const bounds = {
    pk,
    from: isAsc && after !== null && isBefore(from, after) ? after : from,
    to: !isAsc && after !== null && isBefore(after, to) ? after : to,
    order: sort.order,
    pageSize,
  } satisfies RowQuery;
  // A cursor of another question may lie beyond all rows of this one.
  if (isBefore(bounds.to, bounds.from)) return;
  for await (const row of table.query(bounds)) if (row.place.sk !== after) yield listedOf(row);
};

/** By bytes, as the table has them: in UTF-16 `Ａ` comes after `😀`. */
const isBefore = (one: string, other: string): boolean =>
  Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;

/** Of each filter by digests, the keys whose current secret has one of them. */
const idsByDigest = (table: Table, { account, filters }: KeyQuery): Promise<readonly ReadonlySet<string>[]> =>
  Promise.all(
    filters
      .filter(({ field }) => field === "digest")
      .map(async ({ values }) => {
        const rows = await table.get(values.map((digest) => presentedPlace(account, digest)));
        const holders = rows.flatMap(holdersOf);
        const own = holders.filter(({ record, generation }) => record.generation === generation);
        return new Set<string>(own.map(({ record }) => record.key.id));
      }),
  );

const chunks = async function* <Item>(
  items: AsyncIterable<Item>,
  size: number,
): AsyncIterable<readonly Item[]> {
  let some: Item[] = [];
  for await (const item of items) {
    some.push(item);
    if (some.length === size) {
      yield some;
      some = [];
    }
  }
  if (some.length > 0) yield some;
};
