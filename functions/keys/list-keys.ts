import { defineOperation, nothing } from "../../lib/operation.ts";
import { fanOut } from "../../lib/providers/fan-out.ts";
import { listKeysQuery, listKeysReply } from "../../lib/schemas/facade.ts";
import { pageLimit } from "../../lib/schemas/page.ts";
import { decodeListCursor, encodeListCursor } from "./list-cursor.ts";

/** For each provider, well within what callers wait. */
const timeoutMs = 10_000;

export const listKeys = defineOperation({
  method: "GET",
  path: "/v1/keys",
  name: "ListKeys",
  summary: "List keys over all providers, newest first",
  permission: "keys:read",
  params: nothing,
  query: listKeysQuery,
  body: nothing,
  reply: listKeysReply,
  status: 200,
  example: { query: { provider: "tokenhub", status: "enabled", limit: "10" } },
  run: async ({ query }, { house, caller, provider, providers }) => {
    const { provider: name, limit, cursor, ...criteria } = query;
    const asked = name === undefined ? providers() : [provider(name)];
    const list = JSON.stringify([caller.account.id, name, Object.entries(criteria).sort()]);
    const position = cursor === undefined ? undefined : decodeListCursor(house.vault, list, cursor);
    const { items, next, warnings } = await fanOut(asked, {
      caller,
      criteria,
      position,
      limit: pageLimit(limit),
      timeoutMs,
    });
    return {
      items: [...items],
      nextCursor: next === null ? null : encodeListCursor(house.vault, list, next),
      warnings: [...warnings],
    };
  },
});
