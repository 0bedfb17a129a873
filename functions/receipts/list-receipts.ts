import { may } from "../../lib/access/principal.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { listReceipts } from "../../lib/receipts/list.ts";
import { listReceiptsQuery } from "../../lib/schemas/facade.ts";
import { pageLimit } from "../../lib/schemas/page.ts";
import { receiptList } from "../../lib/schemas/receipt.ts";

/** When keys stopped working, the newest first; of one key or provider, or of all that the caller may read. */
export const listKillReceipts = defineOperation({
  method: "GET",
  path: "/v1/receipts",
  name: "ListReceipts",
  summary: "List kill receipts: when keys and replaced secrets stopped working, and how that is known",
  permission: "keys:read",
  params: nothing,
  query: listReceiptsQuery,
  body: nothing,
  reply: receiptList,
  status: 200,
  example: { query: { provider: "tokenhub", limit: "10" } },
  run: async ({ query }, { house, principal, provider }) => {
    const { cursor, limit, key } = query;
    const name = query.provider === undefined ? undefined : provider(query.provider).name;
    const { items, next } = await listReceipts(house.store, principal.account.id, {
      isWanted: (receipt) =>
        (name === undefined ? may(principal, "keys:read", receipt.provider) : receipt.provider === name) &&
        (key === undefined || receipt.key === key),
      before: cursor ?? null,
      limit: pageLimit(limit),
      now: house.clock(),
    });
    return { items: [...items], nextCursor: next };
  },
});
