import { defineAction } from "../../lib/action.ts";
import { toApiKey } from "../../lib/providers/apigateway/codec.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { apiKeyReply, keyRequest } from "../../lib/schemas/apigateway.ts";

/** Answers the secret in clear, so it takes the permission to reveal, and each call is in the audit trail. */
export const describeApiKey = defineAction({
  wire: apigatewayWire,
  name: "DescribeApiKey",
  permission: "keys:reveal",
  request: keyRequest,
  reply: apiKeyReply,
  run: async (input, { caller, region, provider }) => ({
    Result: toApiKey(await provider.reveal(caller, region, input.AccessKeyId)),
  }),
});

export const handler = actionHandler(describeApiKey);
