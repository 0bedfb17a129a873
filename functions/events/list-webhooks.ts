import { listEndpoints } from "../../lib/events/endpoint.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { webhookList } from "../../lib/schemas/webhooks.ts";
import { requireWholeReach } from "./found.ts";
import { readersView } from "./view.ts";

export const listWebhooks = defineOperation({
  method: "GET",
  path: "/v1/webhooks",
  name: "ListWebhooks",
  summary: "List webhooks, newest first, without their secrets",
  permission: "webhooks:read",
  params: nothing,
  query: nothing,
  body: nothing,
  reply: webhookList,
  status: 200,
  example: {},
  run: async (_, { house, principal }) => {
    requireWholeReach(principal);
    const endpoints = await listEndpoints(house.store, principal.account.id);
    const views = await Promise.all(endpoints.map((one) => readersView(house.store, one, principal)));
    return { items: views.filter((one) => one !== undefined), nextCursor: null };
  },
});
