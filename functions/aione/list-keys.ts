import { defineRestAction } from "../../lib/action.ts";
import { toKeyResponse } from "../../lib/providers/aione/codec.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { restHandler } from "../../lib/runtime/lambda.ts";
import { bareRequest, keyListResponse } from "../../lib/schemas/aione.ts";

/** More than any account may be configured to hold: a smaller limit may have been set since. */
const listMax = 1_000_000;

/** All of the organisation, newest first: the service publishes no paging. */
export const listKeys = defineRestAction({
  profile: aioneProfile,
  name: "ListKeys",
  route: { method: "GET", path: "/api/v1/gateway/keys", status: 200, body: false, plane: "management" },
  permission: "keys:read",
  request: bareRequest,
  reply: keyListResponse,
  run: async (_input, { caller, region, provider, clock }) => {
    const { items, total } = await provider.list(caller, region, {
      filters: [],
      sort: { by: "createdAt", order: "desc" },
      page: { type: "offset", offset: 0, limit: listMax },
    });
    const now = clock();
    return {
      items: items.map(({ key }) => toKeyResponse(key, caller.account, now)),
      total: total ?? items.length,
    };
  },
});

export const handler = restHandler(listKeys);
