import { defineAction } from "../../lib/action.ts";
import { toFilter, toListed, toSort } from "../../lib/providers/csip/codec.ts";
import { csipWire } from "../../lib/providers/csip/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import {
  describeKeySandboxCredentialListReply,
  describeKeySandboxCredentialListRequest,
} from "../../lib/schemas/csip.ts";

const limitDefault = 10;

export const describeKeySandboxCredentialList = defineAction({
  wire: csipWire,
  name: "DescribeKeySandboxCredentialList",
  permission: "keys:read",
  request: describeKeySandboxCredentialListRequest,
  reply: describeKeySandboxCredentialListReply,
  run: async ({ Filter = {} }, { caller, region, provider }) => {
    const { items, total } = await provider.list(caller, region, {
      filters: (Filter.Filters ?? []).map(toFilter),
      sort: toSort(Filter),
      page: { type: "offset", offset: Filter.Offset ?? 0, limit: Filter.Limit ?? limitDefault },
    });
    return { Data: items.map(toListed), TotalCount: total ?? items.length };
  },
});

export const handler = actionHandler(describeKeySandboxCredentialList);
