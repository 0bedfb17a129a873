import { defineOperation, nothing } from "../../lib/operation.ts";
import { keyPolicyParams, policyReply } from "../../lib/schemas/policy.ts";
import { shownPolicy } from "./policy.ts";

export const readKeyPolicy = defineOperation({
  method: "GET",
  path: "/v1/policies/keys/{provider}/{id}",
  name: "ReadKeyPolicy",
  summary: "The policy of one key, over its provider's",
  permission: "keys:read",
  params: keyPolicyParams,
  query: nothing,
  body: nothing,
  reply: policyReply,
  status: 200,
  version: ({ version }) => version,
  example: { params: { provider: "tokenhub", id: "{key}" } },
  run: async ({ params }, context) => {
    const { id } = await context.provider(params.provider).read(context.caller, params.id);
    return shownPolicy({ of: "key", provider: params.provider, id }, context);
  },
});
