import { defineOperation, nothing } from "../../lib/operation.ts";
import { refusalList } from "../../lib/schemas/access.ts";
import { page, pageLimit } from "../../lib/schemas/page.ts";

/** Refused calls of the account, counted by principal, action, code and minute; newest first. */
export const listRefusals = defineOperation({
  method: "GET",
  path: "/v1/audit/refusals",
  name: "ListRefusals",
  summary: "List refused calls, counted by principal, action, code and minute",
  permission: "audit:read",
  params: nothing,
  query: page,
  body: nothing,
  reply: refusalList,
  status: 200,
  example: {},
  run: async ({ query }, { house, principal }) => {
    await house.refusals.flush();
    const account = principal.account.id;
    const found = await house.store.listRefusals(account, query.cursor ?? null, pageLimit(query.limit));
    return { items: found.items.map(({ account: _, ...row }) => row), nextCursor: found.next };
  },
});
