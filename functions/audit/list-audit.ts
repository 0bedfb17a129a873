import * as z from "zod";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditList } from "../../lib/schemas/access.ts";
import { page, pageLimit } from "../../lib/schemas/page.ts";
import { ForeignCursor } from "../../lib/store/port.ts";

/** Newest first, with what each entry was hashed from, so that a reader can follow the chain. */
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
    const before = query.cursor === undefined ? null : Number(query.cursor);
    if (before !== null && !Number.isSafeInteger(before)) throw new ForeignCursor();
    const limit = pageLimit(query.limit);
    const entries = await house.store.readAuditBackwards(principal.account.id, before, limit);
    const last = entries.at(-1);
    return {
      items: entries.map(({ seq, prev, hash, text }) => ({
        seq,
        prev,
        hash,
        entry: z.json().parse(JSON.parse(text)),
      })),
      nextCursor: last === undefined || last.seq === 1 || entries.length < limit ? null : String(last.seq),
    };
  },
});
