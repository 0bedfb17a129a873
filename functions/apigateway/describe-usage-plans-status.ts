import { defineAction } from "../../lib/action.ts";
import { regionErrors } from "../../lib/providers/apigateway/errors.ts";
import { planMatches, plans, toUsagePlanInfo } from "../../lib/providers/apigateway/plans.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import {
  describeUsagePlansStatusReply,
  describeUsagePlansStatusRequest,
} from "../../lib/schemas/apigateway.ts";

const limitDefault = 20;

export const describeUsagePlansStatus = defineAction({
  wire: apigatewayWire,
  name: "DescribeUsagePlansStatus",
  permission: "keys:read",
  request: describeUsagePlansStatusRequest,
  reply: describeUsagePlansStatusReply,
  errors: regionErrors,
  run: async (input, { caller, region, provider }) => {
    const { Filters = [], Offset = 0, Limit = limitDefault } = input;
    const all = await provider.documents.list(caller, region, plans(provider));
    const found = all.filter((plan) => Filters.every(planMatches(plan)));
    const page = found.slice(Offset, Offset + Limit);
    return {
      Result: {
        TotalCount: found.length,
        UsagePlanStatusSet: page.map(({ id, body }) => {
          const {
            BindSecretIdTotalCount,
            BindSecretIds,
            BindEnvironmentTotalCount,
            BindEnvironments,
            ...rest
          } = toUsagePlanInfo(id, body);
          return rest;
        }),
      },
    };
  },
});

export const handler = actionHandler(describeUsagePlansStatus);
