import { defineAction } from "../../../lib/action.ts";
import { actionHandler } from "../../../lib/runtime/lambda.ts";
import { toToken } from "./codec.ts";
import { secretOf } from "./profile.ts";
import { describeTokenReply, tokenRequest } from "./schemas.ts";
import { toyWire } from "./wire.ts";

export const describeToken = defineAction({
  wire: toyWire,
  name: "DescribeToken",
  permission: "keys:reveal",
  request: tokenRequest,
  reply: describeTokenReply,
  run: async (input, { caller, region, provider }) => {
    const { key, material } = await provider.reveal(caller, region, input.TokenId);
    return { ...toToken(key), Secret: secretOf(material).expose() };
  },
});

export const handler = actionHandler(describeToken);
