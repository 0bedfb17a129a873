import { defineAction } from "../../lib/action.ts";
import { regionErrors } from "../../lib/providers/apigateway/errors.ts";
import { plans, toUsagePlanInfo } from "../../lib/providers/apigateway/plans.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { planRequest, usagePlanReply } from "../../lib/schemas/apigateway.ts";

export const describeUsagePlan = defineAction({
  wire: apigatewayWire,
  name: "DescribeUsagePlan",
  permission: "keys:read",
  request: planRequest,
  reply: usagePlanReply,
  errors: regionErrors,
  run: async ({ UsagePlanId: id }, { caller, region, provider }) => ({
    Result: toUsagePlanInfo(id, await provider.documents.read(caller, region, plans(provider), id)),
  }),
});

export const handler = actionHandler(describeUsagePlan);
