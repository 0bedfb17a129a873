import { defineAction } from "../../lib/action.ts";
import { fromStatus } from "../../lib/providers/apigateway/codec.ts";
import { regionErrors } from "../../lib/providers/apigateway/errors.ts";
import { plans } from "../../lib/providers/apigateway/plans.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import {
  describeUsagePlanSecretIdsReply,
  describeUsagePlanSecretIdsRequest,
} from "../../lib/schemas/apigateway.ts";

const limitDefault = 20;

/** In the order of binding, without secrets. */
export const describeUsagePlanSecretIds = defineAction({
  wire: apigatewayWire,
  name: "DescribeUsagePlanSecretIds",
  permission: "keys:read",
  request: describeUsagePlanSecretIdsRequest,
  reply: describeUsagePlanSecretIdsReply,
  errors: regionErrors,
  run: async (input, { caller, region, provider }) => {
    const { UsagePlanId, Offset = 0, Limit = limitDefault } = input;
    const { keyIds } = await provider.documents.read(caller, region, plans(provider), UsagePlanId);
    const page = keyIds.slice(Offset, Offset + Limit);
    const keys = await Promise.all(page.map((id) => provider.read(caller, region, id)));
    return {
      Result: {
        TotalCount: keyIds.length,
        AccessKeyList: keys.map(({ id, name, status }) => ({
          AccessKeyId: id,
          SecretName: name,
          Status: fromStatus(status),
        })),
      },
    };
  },
});

export const handler = actionHandler(describeUsagePlanSecretIds);
