import { defineAction } from "../../lib/action.ts";
import { toStatus } from "../../lib/providers/tokenhub/codec.ts";
import { tokenhubWire } from "../../lib/providers/tokenhub/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { modifyApiKeyStatusReply, modifyApiKeyStatusRequest } from "../../lib/schemas/tokenhub.ts";

/** Setting the status that a key has already succeeds, as documented for idempotent callers. */
export const modifyApiKeyStatus = defineAction({
  wire: tokenhubWire,
  name: "ModifyApiKeyStatus",
  permission: "keys:status",
  request: modifyApiKeyStatusRequest,
  reply: modifyApiKeyStatusReply,
  run: async (input, { caller, region, provider }) => {
    await provider.setStatus(caller, region, input.ApiKeyId, toStatus(input.Status));
    return {};
  },
});

export const handler = actionHandler(modifyApiKeyStatus);
