import { defineAction } from "../../../lib/action.ts";
import { actionHandler } from "../../../lib/runtime/lambda.ts";
import { doneReply, tokenRequest } from "./schemas.ts";
import { toyWire } from "./wire.ts";

export const deleteToken = defineAction({
  wire: toyWire,
  name: "DeleteToken",
  permission: "keys:delete",
  request: tokenRequest,
  reply: doneReply,
  run: async (input, { caller, region, provider }) => {
    await provider.remove(caller, region, input.TokenId);
    return {};
  },
});

export const handler = actionHandler(deleteToken);
