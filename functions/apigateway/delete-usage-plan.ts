import { defineAction } from "../../lib/action.ts";
import { plans, refuseInUse } from "../../lib/providers/apigateway/plans.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { doneReply, planRequest } from "../../lib/schemas/apigateway.ts";

/** Only of a plan that holds no keys. */
export const deleteUsagePlan = defineAction({
  wire: apigatewayWire,
  name: "DeleteUsagePlan",
  permission: "keys:update",
  request: planRequest,
  reply: doneReply,
  run: async ({ UsagePlanId: id }, { caller, region, provider }) => {
    await provider.documents.remove(caller, region, plans(provider), id, refuseInUse);
    return { Result: true as const };
  },
});

export const handler = actionHandler(deleteUsagePlan);
