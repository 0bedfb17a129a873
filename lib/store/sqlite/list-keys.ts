import type { DatabaseSync } from "node:sqlite";
import type { KeyRecord } from "../../keys/record.ts";
import { creationPlace, decodeCursor, encodeCursor, namePlace } from "../cursor.ts";
import { checkedCount } from "../page-limit.ts";
import type { KeyPage, KeyQuery } from "../port/key-query.ts";
import { type KeyListSql, keyListSql } from "./key-list-sql.ts";
import { parsedRecord, prepareUsedRecord } from "./read-keys.ts";
import type { Snapshots } from "./snapshot.ts";
import { prepare, prepareOnUse } from "./statement.ts";

type PageRow = [seq: number, sortValue: number | string, doc: string, lastUsedAt: string | null];

type Values = readonly (string | number)[];
type Place = readonly [sortValue: string | number, seq: number];

export const prepareListKeys = (db: DatabaseSync, { hold }: Snapshots): ((query: KeyQuery) => KeyPage) => {
  const findList = prepare<[list: number, total: number]>(
    db,
    "SELECT list, total FROM key_lists WHERE account = ? AND provider = ? AND region = ?",
  );
  const counts = prepareOnUse<[count: number]>(db);
  const pages = prepareOnUse<PageRow>(db);
  const usedRecord = prepareUsedRecord(db, parsedRecord);
  const recordOf = ([seq, , doc, lastUsedAt]: PageRow): KeyRecord => usedRecord(seq, doc, lastUsedAt);

  const offsetPage = (query: KeyQuery, sql: KeyListSql, offset: number, limit: number): KeyPage => {
    const [list, total] = findList.get(query.account, query.provider, query.region) ?? [];
    if (list === undefined || total === undefined) return { items: [], total: 0, next: null, cursors: [] };
    const values = [query.account, list, ...sql.values];
    const rows = pages(sql.offsetPage).all(...values, limit, offset);
    const count = (): number => {
      if (query.filters.length === 0) return total;
      // A page that is not full is the last one: no second walk to count what it shows.
      if (rows.length < limit && (rows.length > 0 || offset === 0)) return offset + rows.length;
      return counts(sql.count).get(...values)?.[0] ?? 0;
    };
    return { items: rows.map(recordOf), total: count(), next: null, cursors: [] };
  };

  const rowsAfter = (sql: KeyListSql, values: Values, place: Place, limit: number): PageRow[] => {
    const tied = pages(sql.tied).all(...values, ...place, limit);
    if (tied.length === limit) return tied;
    return [...tied, ...pages(sql.beyond).all(...values, place[0], limit - tied.length)];
  };

  const cursorPage = (query: KeyQuery, sql: KeyListSql, after: string | null, limit: number): KeyPage => {
    const place = after === null ? null : decodePlace(query.sort.by, after);
    const list = findList.get(query.account, query.provider, query.region)?.[0];
    if (list === undefined) return { items: [], total: null, next: null, cursors: [] };
    const values = [query.account, list, ...sql.values];
    // One more than asked for tells whether there is a next page.
    const wanted = limit + 1;
    const rows =
      place === null ? pages(sql.firstPage).all(...values, wanted) : rowsAfter(sql, values, place, wanted);
    const items = rows.slice(0, limit);
    const cursors = items.map(([seq, sortValue]) => encodeCursor([sortValue, seq]));
    const next = rows.length > limit ? (cursors.at(-1) ?? null) : null;
    return { items: items.map(recordOf), total: null, next, cursors };
  };

  return (query) => {
    const sql = keyListSql(query);
    const { page } = query;
    // One snapshot, so that the total and the page tell of the same moment.
    hold();
    return page.type === "offset"
      ? offsetPage(query, sql, checkedCount("offset", page.offset, 0), checkedCount("limit", page.limit, 0))
      : cursorPage(query, sql, page.after, checkedCount("limit", page.limit, 1));
  };
};

const decodePlace = (by: KeyQuery["sort"]["by"], cursor: string): Place =>
  by === "name" ? decodeCursor(namePlace, cursor) : decodeCursor(creationPlace, cursor);
