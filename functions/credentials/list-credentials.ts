import { defineOperation, nothing } from "../../lib/operation.ts";
import { credentialList } from "../../lib/schemas/access.ts";
import { page, pageLimit } from "../../lib/schemas/page.ts";
import { credentialView } from "./view.ts";

export const listCredentials = defineOperation({
  method: "GET",
  path: "/v1/credentials",
  name: "ListCredentials",
  summary: "List credentials, without their secrets",
  permission: "credentials:manage",
  params: nothing,
  query: page,
  body: nothing,
  reply: credentialList,
  status: 200,
  example: { query: { limit: "10" } },
  run: async ({ query }, { house, principal }) => {
    const limit = pageLimit(query.limit);
    const records = await house.store.listCredentials(principal.account.id, query.cursor ?? null, limit);
    const nextCursor = records.length < limit ? null : (records.at(-1)?.id ?? null);
    return { items: records.map(credentialView), nextCursor };
  },
});
