import { defineAction } from "../../lib/action.ts";
import { regionErrors } from "../../lib/providers/apigateway/errors.ts";
import { bind, plans } from "../../lib/providers/apigateway/plans.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { bindingRequest, doneReply } from "../../lib/schemas/apigateway.ts";

export const bindSecretIds = defineAction({
  wire: apigatewayWire,
  name: "BindSecretIds",
  permission: "keys:update",
  request: bindingRequest,
  reply: doneReply,
  errors: {
    ...regionErrors,
    "field_value_invalid:ids": "InvalidParameterValue.InvalidAccessKeyIds",
  },
  run: async ({ UsagePlanId: id, AccessKeyIds: keyIds }, { caller, region, provider }) => {
    const change = { event: "plan.bound", keyIds } as const;
    await provider.documents.change(caller, region, plans(provider), id, change, bind(id));
    return { Result: true as const };
  },
});

export const handler = actionHandler(bindSecretIds);
