import { defineAction } from "../../lib/action.ts";
import { regionErrors } from "../../lib/providers/apigateway/errors.ts";
import { newPlanId, type Plan, plans, toUsagePlanInfo } from "../../lib/providers/apigateway/plans.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { createUsagePlanRequest, usagePlanReply } from "../../lib/schemas/apigateway.ts";

const unlimited = -1;

export const createUsagePlan = defineAction({
  wire: apigatewayWire,
  name: "CreateUsagePlan",
  permission: "keys:update",
  request: createUsagePlanRequest,
  reply: usagePlanReply,
  errors: {
    ...regionErrors,
    "field_value_invalid:amount": "InvalidParameterValue.InvalidMaxRequestNum",
  },
  run: async (input, { caller, region, provider, clock, random }) => {
    const id = newPlanId(random);
    const time = clock().toISOString();
    const plan: Plan = {
      name: input.UsagePlanName,
      description: input.UsagePlanDesc ?? "",
      requestsMax: input.MaxRequestNum ?? unlimited,
      requestsPerSecond: input.MaxRequestNumPreSec ?? unlimited,
      createdAt: time,
      updatedAt: time,
      tags: input.Tags ?? [],
      keyIds: [],
    };
    await provider.documents.create(caller, region, plans(provider), id, plan);
    return { Result: toUsagePlanInfo(id, plan) };
  },
});

export const handler = actionHandler(createUsagePlan);
