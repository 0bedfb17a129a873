import { defineAction } from "../../lib/action.ts";
import { plans, unbind } from "../../lib/providers/apigateway/plans.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { bindingRequest, doneReply } from "../../lib/schemas/apigateway.ts";

export const unBindSecretIds = defineAction({
  wire: apigatewayWire,
  name: "UnBindSecretIds",
  permission: "keys:update",
  request: bindingRequest,
  reply: doneReply,
  run: async ({ UsagePlanId: id, AccessKeyIds: keyIds }, { caller, region, provider }) => {
    const change = { event: "plan.unbound", keyIds } as const;
    await provider.documents.change(caller, region, plans(provider), id, change, unbind(id));
    return { Result: true as const };
  },
});

export const handler = actionHandler(unBindSecretIds);
