import { defineAction } from "../../lib/action.ts";
import { toDetail, toFilter } from "../../lib/providers/tokenhub/codec.ts";
import { tokenhubWire } from "../../lib/providers/tokenhub/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { describeApiKeyListReply, describeApiKeyListRequest } from "../../lib/schemas/tokenhub.ts";
import { spentQuotas } from "../../lib/usage/quotas.ts";

const limitDefault = 20;

export const describeApiKeyList = defineAction({
  wire: tokenhubWire,
  name: "DescribeApiKeyList",
  permission: "keys:read",
  request: describeApiKeyListRequest,
  reply: describeApiKeyListReply,
  run: async (input, { caller, region, provider, usage, clock }) => {
    const sort = input.Sorts?.[0];
    const { items, total } = await provider.list(caller, region, {
      filters: (input.Filters ?? []).map(toFilter),
      sort:
        sort === undefined
          ? { by: "createdAt", order: "desc" }
          : { by: "name", order: sort.Order === "ASC" ? "asc" : "desc" },
      page: { type: "offset", offset: input.Offset ?? 0, limit: input.Limit ?? limitDefault },
    });
    const keys = items.map(({ key }) => key);
    const spent = await spentQuotas(usage, caller.account.id, keys, clock());
    return {
      ApiKeySet: keys.map((key, place) => ({
        ...toDetail(key, caller.account, spent[place] ?? []),
        ApiKey: key.preview,
      })),
      TotalCount: total ?? items.length,
    };
  },
});

export const handler = actionHandler(describeApiKeyList);
