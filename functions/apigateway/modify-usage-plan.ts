import { defineAction } from "../../lib/action.ts";
import { plans, toUsagePlanInfo } from "../../lib/providers/apigateway/plans.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { modifyUsagePlanRequest, usagePlanReply } from "../../lib/schemas/apigateway.ts";

/** What is absent stays. */
export const modifyUsagePlan = defineAction({
  wire: apigatewayWire,
  name: "ModifyUsagePlan",
  permission: "keys:update",
  request: modifyUsagePlanRequest,
  reply: usagePlanReply,
  run: async (input, { caller, region, provider, clock }) => {
    const { UsagePlanId: id } = input;
    const change = { event: "plan.changed", keyIds: [] } as const;
    const changed = await provider.documents.change(caller, region, plans(provider), id, change, (plan) => ({
      body: {
        ...plan,
        name: input.UsagePlanName ?? plan.name,
        description: input.UsagePlanDesc ?? plan.description,
        requestsMax: input.MaxRequestNum ?? plan.requestsMax,
        requestsPerSecond: input.MaxRequestNumPreSec ?? plan.requestsPerSecond,
        updatedAt: clock().toISOString(),
      },
      keys: [],
    }));
    return { Result: toUsagePlanInfo(id, changed) };
  },
});

export const handler = actionHandler(modifyUsagePlan);
