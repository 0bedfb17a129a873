import { may } from "../../lib/access/principal.ts";
import { isOpen, listExceptions as listFrom } from "../../lib/hygiene/exceptions.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { exceptionList } from "../../lib/schemas/hygiene.ts";
import { page, pageLimit } from "../../lib/schemas/page.ts";

/** Those that have not ended, page by page of keys that have some. */
export const listExceptions = defineOperation({
  method: "GET",
  path: "/v1/hygiene/exceptions",
  name: "ListExceptions",
  summary: "List the exceptions that have not ended",
  permission: "keys:read",
  params: nothing,
  query: page,
  body: nothing,
  reply: exceptionList,
  status: 200,
  example: { query: { limit: "10" } },
  run: async ({ query }, { house, principal }) => {
    const now = house.clock();
    const at = { before: query.cursor ?? null, limit: pageLimit(query.limit) };
    const { items, next } = await listFrom(
      house.store,
      principal.account.id,
      at,
      (one) => isOpen(one, now) && may(principal, "keys:read", one.provider),
    );
    return { items: [...items], nextCursor: next };
  },
});
