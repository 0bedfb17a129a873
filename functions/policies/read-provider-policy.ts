import { defineOperation, nothing } from "../../lib/operation.ts";
import { policyReply, providerPolicyParams } from "../../lib/schemas/policy.ts";
import { shownPolicy } from "./policy.ts";

export const readProviderPolicy = defineOperation({
  method: "GET",
  path: "/v1/policies/providers/{provider}",
  name: "ReadProviderPolicy",
  summary: "The policy of a provider's keys, over the account's",
  permission: "keys:read",
  params: providerPolicyParams,
  query: nothing,
  body: nothing,
  reply: policyReply,
  status: 200,
  version: ({ version }) => version,
  example: { params: { provider: "aione" } },
  run: async ({ params }, context) => {
    context.provider(params.provider);
    return shownPolicy({ of: "provider", provider: params.provider }, context);
  },
});
