import { may } from "../../lib/access/principal.ts";
import { listRows } from "../../lib/leaks/rows.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { leakList } from "../../lib/schemas/leaks.ts";
import { page, pageLimit } from "../../lib/schemas/page.ts";
import { ForeignCursor } from "../../lib/store/port/key-query.ts";

const cursorForm = /^leak_[0-9A-Za-z]{1,64}$/;

/** Of the account's own keys that the caller may read of; the operator's account has those, too, that met no key. */
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
    const page = { before, limit: pageLimit(query.limit) };
    const { items, next } = await listRows(
      house.store,
      principal.account.id,
      page,
      house.clock(),
      // What met no key may have been meant for any provider's: it is for who may see all of them.
      ({ provider }) =>
        provider === null ? principal.providers === "all" : may(principal, "audit:read", provider),
    );
    return { items: [...items], nextCursor: next };
  },
});
