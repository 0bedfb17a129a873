import { defineAction } from "../../../lib/action.ts";
import { actionHandler } from "../../../lib/runtime/lambda.ts";
import { toyNative } from "./native.ts";
import { doneReply, modifyTokenRequest } from "./schemas.ts";
import { toyWire } from "./wire.ts";

/** What is absent stays. */
export const modifyToken = defineAction({
  wire: toyWire,
  name: "ModifyToken",
  permission: "keys:update",
  request: modifyTokenRequest,
  reply: doneReply,
  run: async (input, { caller, region, provider }) => {
    await provider.change(caller, region, input.TokenId, "key.updated", (key) => {
      const { locked } = toyNative.parse(key.native);
      return { ...key, name: input.TokenName ?? key.name, native: { locked: input.Locked ?? locked } };
    });
    return {};
  },
});

export const handler = actionHandler(modifyToken);
