import { defineOperation, nothing } from "../../lib/operation.ts";
import { webhookParams, webhookReply } from "../../lib/schemas/webhooks.ts";
import { foundWebhook, missingWebhook } from "./found.ts";
import { readersView } from "./view.ts";

export const readWebhook = defineOperation({
  method: "GET",
  path: "/v1/webhooks/{id}",
  name: "ReadWebhook",
  summary: "Read a webhook",
  permission: "webhooks:read",
  params: webhookParams,
  query: nothing,
  body: nothing,
  reply: webhookReply,
  status: 200,
  example: { params: { id: "{webhook}" } },
  run: async ({ params }, { house, principal }) => {
    const endpoint = await foundWebhook(house, principal, params.id);
    const webhook = await readersView(house.store, endpoint, principal);
    if (webhook === undefined) throw missingWebhook();
    return { webhook };
  },
});
