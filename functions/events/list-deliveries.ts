import { deliveryKind, deliveryOf } from "../../lib/events/delivery.ts";
import { cursorRefused, defineOperation, nothing } from "../../lib/operation.ts";
import { page, pageLimit } from "../../lib/schemas/page.ts";
import { deliveryList, webhookParams } from "../../lib/schemas/webhooks.ts";
import { foundWebhook } from "./found.ts";
import { deliveryView } from "./view.ts";

export const listDeliveries = defineOperation({
  method: "GET",
  path: "/v1/webhooks/{id}/deliveries",
  name: "ListDeliveries",
  summary: "List deliveries to a webhook and how they were answered, newest first",
  permission: "webhooks:read",
  params: webhookParams,
  query: page,
  body: nothing,
  reply: deliveryList,
  status: 200,
  example: { params: { id: "{webhook}" }, query: { limit: "10" } },
  run: async ({ params, query }, { house, principal }) => {
    const { id, account } = await foundWebhook(house, principal, params.id);
    const before = query.cursor ?? null;
    // A place in the order of ids, whether or not its delivery is still kept.
    if (before !== null && !/^dlv_[0-9a-f]{28}$/.test(before)) throw cursorRefused();
    const limit = pageLimit(query.limit);
    const found = await house.store.listDocumentsBackwards(account, id, deliveryKind, { before, limit });
    const items = found.map((one) => deliveryView(deliveryOf(one)));
    return { items, nextCursor: found.length < limit ? null : (found.at(-1)?.id ?? null) };
  },
});
