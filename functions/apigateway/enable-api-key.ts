import { defineAction } from "../../lib/action.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { doneReply, keyRequest } from "../../lib/schemas/apigateway.ts";

export const enableApiKey = defineAction({
  wire: apigatewayWire,
  name: "EnableApiKey",
  permission: "keys:status",
  request: keyRequest,
  reply: doneReply,
  run: async (input, { caller, region, provider }) => {
    await provider.setStatus(caller, region, input.AccessKeyId, "enabled");
    return { Result: true as const };
  },
});

export const handler = actionHandler(enableApiKey);
