import { defineAction } from "../../lib/action.ts";
import { Secret } from "../../lib/keys/secret.ts";
import { toApiKey } from "../../lib/providers/apigateway/codec.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { apiKeyReply, updateApiKeyRequest } from "../../lib/schemas/apigateway.ts";

/** Exchanges the secret. The service knows no grace: the old one ends with this call. */
export const updateApiKey = defineAction({
  wire: apigatewayWire,
  name: "UpdateApiKey",
  permission: "keys:rotate",
  request: updateApiKeyRequest,
  reply: apiKeyReply,
  run: async (input, { caller, region, provider }) => {
    const { AccessKeyId: id, AccessKeySecret: secret } = input;
    const chosen =
      secret === undefined ? undefined : ({ kind: "pair", id, secret: new Secret(secret) } as const);
    return { Result: toApiKey(await provider.renew(caller, region, id, chosen, null)) };
  },
});

export const handler = actionHandler(updateApiKey);
