import { defineOperation, nothing } from "../../lib/operation.ts";
import { accountAllowlist } from "../../lib/schemas/access.ts";
import { readAccountRules, rulesIn } from "../../lib/verification/account-rules.ts";

export const readAllowlist = defineOperation({
  method: "GET",
  path: "/v1/allowlist",
  name: "ReadAllowlist",
  summary: "Addresses that keys of the account may be used from",
  permission: "keys:read",
  params: nothing,
  query: nothing,
  body: nothing,
  reply: accountAllowlist,
  status: 200,
  version: ({ version }) => version,
  example: {},
  run: async (_, { house, principal }) => {
    const found = await readAccountRules(house.store, principal.account.id);
    return { ...rulesIn(found?.body), version: found?.version ?? 0 };
  },
});
