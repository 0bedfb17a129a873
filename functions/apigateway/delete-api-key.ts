import { defineAction } from "../../lib/action.ts";
import { regionErrors } from "../../lib/providers/apigateway/errors.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { doneReply, keyRequest } from "../../lib/schemas/apigateway.ts";

/** Only of a disabled key that no usage plan holds. */
export const deleteApiKey = defineAction({
  wire: apigatewayWire,
  name: "DeleteApiKey",
  permission: "keys:delete",
  request: keyRequest,
  reply: doneReply,
  errors: regionErrors,
  run: async (input, { caller, region, provider }) => {
    await provider.remove(caller, region, input.AccessKeyId);
    return { Result: true as const };
  },
});

export const handler = actionHandler(deleteApiKey);
