import { defineAction } from "../../../lib/action.ts";
import { actionHandler } from "../../../lib/runtime/lambda.ts";
import { toFilters, toToken } from "./codec.ts";
import { describeTokensReply, describeTokensRequest } from "./schemas.ts";
import { toyWire } from "./wire.ts";

const limitDefault = 20;

export const describeTokens = defineAction({
  wire: toyWire,
  name: "DescribeTokens",
  permission: "keys:read",
  request: describeTokensRequest,
  reply: describeTokensReply,
  run: async (input, { caller, region, provider }) => {
    const { items, total } = await provider.list(caller, region, {
      filters: toFilters(input.Locked),
      sort: { by: "createdAt", order: "desc" },
      page: { type: "offset", offset: input.Offset ?? 0, limit: input.Limit ?? limitDefault },
    });
    return {
      Tokens: items.map(({ key }) => ({ ...toToken(key), Masked: key.preview })),
      TotalCount: total ?? items.length,
    };
  },
});

export const handler = actionHandler(describeTokens);
