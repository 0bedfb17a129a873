import type { DatabaseSync } from "node:sqlite";
import type { RefusalCount } from "../../audit/entry.ts";
import { decodeCursor, encodeCursor, refusalPlace } from "../cursor.ts";
import { checkedCount } from "../page-limit.ts";
import { prepare } from "./statement.ts";

export interface RefusalPage {
  readonly items: readonly RefusalCount[];
  readonly next: string | null;
}

type Row = [
  account: string,
  minute: string,
  principal: string,
  action: string,
  code: string,
  count: number,
  lastIp: string,
  lastRequestId: string,
];

const refusalOf = ([account, minute, principal, action, code, count, lastIp, lastRequestId]: Row) =>
  ({ account, principal, minute, action, code, count, lastIp, lastRequestId }) satisfies RefusalCount;

export const prepareListRefusals = (
  db: DatabaseSync,
): ((account: string, after: string | null, limit: number) => RefusalPage) => {
  const select = `SELECT account, minute, principal, action, code, count, last_ip, last_request_id
    FROM refusals WHERE account = ?`;
  const order = "ORDER BY minute DESC, principal DESC, action DESC, code DESC LIMIT ?";
  const first = prepare<Row>(db, `${select} ${order}`);
  const next = prepare<Row>(db, `${select} AND (minute, principal, action, code) < (?, ?, ?, ?) ${order}`);

  return (account, after, limit) => {
    const wanted = checkedCount("limit", limit, 1) + 1;
    const rows =
      after === null
        ? first.all(account, wanted)
        : next.all(account, ...decodeCursor(refusalPlace, after), wanted);
    const items = rows.slice(0, limit).map(refusalOf);
    const last = rows.length > limit ? items.at(-1) : undefined;
    const place = last && encodeCursor([last.minute, last.principal, last.action, last.code]);
    return { items, next: place ?? null };
  };
};
