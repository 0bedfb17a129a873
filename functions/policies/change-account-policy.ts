import { defineOperation, nothing } from "../../lib/operation.ts";
import { changePolicyBody, policyReply } from "../../lib/schemas/policy.ts";
import { changePolicy, requireAllProviders } from "./policy.ts";

export const changeAccountPolicy = defineOperation({
  method: "PATCH",
  path: "/v1/policies/account",
  name: "ChangeAccountPolicy",
  summary: "Change the policy of the account; null takes a field out",
  permission: "policies:manage",
  params: nothing,
  query: nothing,
  body: changePolicyBody,
  reply: policyReply,
  status: 200,
  precondition: "required",
  version: ({ version }) => version,
  example: { body: { onLeak: "disable" } },
  run: async ({ body }, context) => {
    requireAllProviders(context);
    return changePolicy({ of: "account" }, body, context);
  },
});
