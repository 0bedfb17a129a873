import { type LeakRow, listRows } from "../../lib/leaks/rows.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { leakList } from "../../lib/schemas/leaks.ts";
import { page, pageLimit } from "../../lib/schemas/page.ts";
import { ForeignCursor } from "../../lib/store/port.ts";

const cursorForm = /^leak_[0-9A-Za-z]{1,64}$/;

/** Of the account's own keys; the operator's account has those, too, that met no key. */
export const listLeaks = defineOperation({
  method: "GET",
  path: "/v1/leaks",
  name: "ListLeaks",
  summary: "List reports of leaked secrets, newest first",
  permission: "audit:read",
  params: nothing,
  query: page,
  body: nothing,
  reply: leakList,
  status: 200,
  example: { query: { limit: "5" } },
  run: async ({ query }, { house, principal }) => {
    const before = query.cursor ?? null;
    if (before !== null && !cursorForm.test(before)) throw new ForeignCursor();
    const now = house.clock().toISOString();
    const limit = pageLimit(query.limit);
    const rows = await listRows(house.store, principal.account.id, before, limit);
    return {
      items: rows
        .filter(({ until = "" }) => until > now)
        .map(({ id, body }) => {
          const { delivery: _, ...row } = body as LeakRow;
          return { id, ...row };
        }),
      nextCursor: rows.length < limit ? null : (rows.at(-1)?.id ?? null),
    };
  },
});
