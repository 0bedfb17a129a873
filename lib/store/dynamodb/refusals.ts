import type { RefusalCount } from "../../audit/entry.ts";
import { decodeCursor, encodeCursor, refusalPlace as refusalCursor } from "../cursor.ts";
import { checkedCount } from "../page-limit.ts";
import type { Store } from "../port/store.ts";
import { inParallel } from "./in-parallel.ts";
import { refusalPlace, refusalsPartition } from "./places.ts";
import { attributesOf, numberOf, type Row, textOf } from "./row.ts";
import type { Table } from "./table.ts";

type Refusals = Pick<Store, "addRefusals" | "listRefusals">;

const refusalOf = (account: string, row: Row): RefusalCount => ({
  account,
  principal: textOf(row, "principal"),
  minute: textOf(row, "minute"),
  action: textOf(row, "action"),
  code: textOf(row, "code"),
  count: numberOf(row, "count"),
  lastIp: textOf(row, "lastIp"),
  lastRequestId: textOf(row, "lastRequestId"),
});

/** Beside the chain: whoever is refused a thousand times a second must not hold up those who may. */
export const openRefusals = (table: Table): Refusals => ({
  addRefusals: async (counts) => {
    const [failed] = await inParallel(
      counts.map(({ account, minute, principal, action, code, count, lastIp, lastRequestId }) => async () => {
        await table.update({
          place: refusalPlace(account, minute, principal, action, code),
          UpdateExpression:
            "ADD #count :count SET #minute = :minute, #principal = :principal, #action = :action, #code = :code, #lastIp = :lastIp, #lastRequestId = :lastRequestId",
          ExpressionAttributeNames: {
            "#count": "count",
            "#minute": "minute",
            "#principal": "principal",
            "#action": "action",
            "#code": "code",
            "#lastIp": "lastIp",
            "#lastRequestId": "lastRequestId",
          },
          ExpressionAttributeValues: attributesOf({
            ":count": count,
            ":minute": minute,
            ":principal": principal,
            ":action": action,
            ":code": code,
            ":lastIp": lastIp,
            ":lastRequestId": lastRequestId,
          }),
        });
      }),
    );
    if (failed !== undefined) throw failed.error;
  },

  listRefusals: async (account, after, limit) => {
    const wanted = checkedCount("limit", limit, 1) + 1;
    const to = after === null ? undefined : refusalPlace(account, ...decodeCursor(refusalCursor, after)).sk;
    const items: RefusalCount[] = [];
    const pk = refusalsPartition(account);
    const rows = table.query({ pk, ...(to !== undefined && { to }), order: "desc", pageSize: wanted });
    for await (const row of rows) {
      if (row.place.sk === to) continue;
      items.push(refusalOf(account, row));
      if (items.length === wanted) break;
    }
    const page = items.slice(0, limit);
    const last = items.length > limit ? page.at(-1) : undefined;
    const next = last && encodeCursor([last.minute, last.principal, last.action, last.code]);
    return { items: page, next: next ?? null };
  },
});
