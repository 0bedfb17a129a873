import { readTrail, trailPlace } from "../../lib/audit/trail.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditList } from "../../lib/schemas/access.ts";
import { page, pageLimit } from "../../lib/schemas/page.ts";
import { decodeCursor, encodeCursor } from "../../lib/store/cursor.ts";

/**
 * Changes and readings of secrets, newest first, each with its chain and what it was hashed from, so that a reader can
 * follow both.
 */
export const listAudit = defineOperation({
  method: "GET",
  path: "/v1/audit",
  name: "ListAudit",
  summary: "List the account's audit trail, newest first",
  permission: "audit:read",
  params: nothing,
  query: page,
  body: nothing,
  reply: auditList,
  status: 200,
  example: { query: { limit: "5" } },
  run: async ({ query }, { house, principal }) => {
    const after = query.cursor === undefined ? null : decodeCursor(trailPlace, query.cursor);
    const found = await readTrail(house.store, principal.account.id, after, pageLimit(query.limit));
    return { items: [...found.items], nextCursor: found.next && encodeCursor(found.next) };
  },
});
