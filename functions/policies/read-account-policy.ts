import { defineOperation, nothing } from "../../lib/operation.ts";
import { policyReply } from "../../lib/schemas/policy.ts";
import { shownPolicy } from "./policy.ts";

export const readAccountPolicy = defineOperation({
  method: "GET",
  path: "/v1/policies/account",
  name: "ReadAccountPolicy",
  summary: "What happens to keys of the account without anybody asking",
  permission: "keys:read",
  params: nothing,
  query: nothing,
  body: nothing,
  reply: policyReply,
  status: 200,
  version: ({ version }) => version,
  example: {},
  run: async (_, context) => {
    return shownPolicy({ of: "account" }, context);
  },
});
