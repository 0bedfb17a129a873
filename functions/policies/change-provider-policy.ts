import { defineOperation, nothing } from "../../lib/operation.ts";
import { changePolicyBody, policyReply, providerPolicyParams } from "../../lib/schemas/policy.ts";
import { changePolicy, refuseUnfindable } from "./policy.ts";

export const changeProviderPolicy = defineOperation({
  method: "PATCH",
  path: "/v1/policies/providers/{provider}",
  name: "ChangeProviderPolicy",
  summary: "Change the policy of a provider's keys; null takes a field out",
  permission: "policies:manage",
  params: providerPolicyParams,
  query: nothing,
  body: changePolicyBody,
  reply: policyReply,
  status: 200,
  precondition: "required",
  version: ({ version }) => version,
  example: { params: { provider: "aione" }, body: { onLeak: "rotate", leakGraceSeconds: 300 } },
  run: async ({ params, body }, context) => {
    refuseUnfindable(context.provider(params.provider), body);
    return changePolicy({ of: "provider", provider: params.provider }, body, context);
  },
});
