import { defineOperation, nothing } from "../../lib/operation.ts";
import { accountList } from "../../lib/schemas/access.ts";
import { page, pageLimit } from "../../lib/schemas/page.ts";

export const listAccounts = defineOperation({
  method: "GET",
  path: "/v1/accounts",
  name: "ListAccounts",
  summary: "List accounts",
  permission: "accounts:manage",
  params: nothing,
  query: page,
  body: nothing,
  reply: accountList,
  status: 200,
  example: {},
  run: async ({ query }, { house }) => {
    const limit = pageLimit(query.limit);
    const items = await house.store.listAccounts(query.cursor ?? null, limit);
    const nextCursor = items.length < limit ? null : (items.at(-1)?.id ?? null);
    return { items: [...items], nextCursor };
  },
});
