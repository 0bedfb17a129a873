import { defineAction } from "../../lib/action.ts";
import { toApiKey, toFilter } from "../../lib/providers/apigateway/codec.ts";
import { regionErrors } from "../../lib/providers/apigateway/errors.ts";
import { plans } from "../../lib/providers/apigateway/plans.ts";
import { apigatewayWire } from "../../lib/providers/apigateway/wire.ts";
import { actionHandler } from "../../lib/runtime/lambda.ts";
import { describeApiKeysStatusReply, describeApiKeysStatusRequest } from "../../lib/schemas/apigateway.ts";

const limitDefault = 20;

/** Every row carries its secret, as documented, so the list takes the permission to reveal and is on the record. */
export const describeApiKeysStatus = defineAction({
  wire: apigatewayWire,
  name: "DescribeApiKeysStatus",
  permission: "keys:reveal",
  request: describeApiKeysStatusRequest,
  reply: describeApiKeysStatusReply,
  errors: regionErrors,
  run: async (input, { caller, region, provider }) => {
    const facts = {
      digest: provider.digest,
      keysOfPlans: async (ids: readonly string[]) => {
        const all = await provider.documents.list(caller, region, plans(provider));
        return all.filter(({ id }) => ids.includes(id)).flatMap(({ body }) => body.keyIds);
      },
    };
    const filters = await Promise.all((input.Filters ?? []).map((filter) => toFilter(filter, facts)));
    const { items, total } = await provider.listRevealed(caller, region, {
      filters,
      sort: { by: "createdAt", order: "desc" },
      page: { type: "offset", offset: input.Offset ?? 0, limit: input.Limit ?? limitDefault },
    });
    return { Result: { TotalCount: total ?? items.length, ApiKeySet: items.map(toApiKey) } };
  },
});

export const handler = actionHandler(describeApiKeysStatus);
