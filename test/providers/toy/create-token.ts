import { defineAction } from "../../../lib/action.ts";
import { actionHandler } from "../../../lib/runtime/lambda.ts";
import { toDraft, toToken } from "./codec.ts";
import { secretOf } from "./profile.ts";
import { createTokenReply, createTokenRequest } from "./schemas.ts";
import { toyWire } from "./wire.ts";

export const createToken = defineAction({
  wire: toyWire,
  name: "CreateToken",
  permission: "keys:create",
  request: createTokenRequest,
  reply: createTokenReply,
  run: async (input, { caller, region, provider }) => {
    const draft = toDraft(input.TokenName, input.Locked ?? false);
    const { key, material } = await provider.create(caller, region, draft);
    return { ...toToken(key), Secret: secretOf(material).expose() };
  },
});

export const handler = actionHandler(createToken);
