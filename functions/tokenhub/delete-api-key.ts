import { defineAction } from "../../lib/action.ts";
import { tokenhubWire } from "../../lib/providers/tokenhub/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { deleteApiKeyReply, deleteApiKeyRequest } from "../../lib/schemas/tokenhub.ts";

/** For good, whatever the key's status; a second call finds nothing. */
export const deleteApiKey = defineAction({
  wire: tokenhubWire,
  name: "DeleteApiKey",
  permission: "keys:delete",
  request: deleteApiKeyRequest,
  reply: deleteApiKeyReply,
  run: async (input, { caller, region, provider }) => {
    await provider.remove(caller, region, input.ApiKeyId);
    return {};
  },
});

export const handler = actionHandler(deleteApiKey);
