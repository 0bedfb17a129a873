import { defineOperation, nothing } from "../../lib/operation.ts";
import { changePolicyBody, keyPolicyParams, policyReply } from "../../lib/schemas/policy.ts";
import { changePolicy, refuseUnfindable } from "./policy.ts";

export const changeKeyPolicy = defineOperation({
  method: "PATCH",
  path: "/v1/policies/keys/{provider}/{id}",
  name: "ChangeKeyPolicy",
  summary: "Change the policy of one key; null takes a field out",
  permission: "policies:manage",
  params: keyPolicyParams,
  query: nothing,
  body: changePolicyBody,
  reply: policyReply,
  status: 200,
  precondition: "required",
  version: ({ version }) => version,
  example: { params: { provider: "tokenhub", id: "{key}" }, body: { onLeak: "notify" } },
  run: async ({ params, body }, context) => {
    const provider = context.provider(params.provider);
    const { id } = await provider.read(context.caller, params.id);
    refuseUnfindable(provider, body);
    return changePolicy({ of: "key", provider: params.provider, id }, body, context);
  },
});
