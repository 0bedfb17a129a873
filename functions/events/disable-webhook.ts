import { defineOperation, nothing } from "../../lib/operation.ts";
import { webhookParams, webhookReply } from "../../lib/schemas/webhooks.ts";
import { asWebhook, changeWebhook } from "./change.ts";

export const disableWebhook = defineOperation({
  method: "POST",
  path: "/v1/webhooks/{id}/disable",
  name: "DisableWebhook",
  summary: "Send a webhook nothing until it is enabled again",
  permission: "webhooks:manage",
  params: webhookParams,
  query: nothing,
  body: nothing,
  reply: webhookReply,
  status: 200,
  once: true,
  precondition: "optional",
  version: ({ webhook }) => webhook.version,
  example: { params: { id: "{webhook}" } },
  run: async ({ params }, context) => ({
    webhook: await changeWebhook(
      context,
      params.id,
      () => ({
        event: { type: "webhook.changed", data: { fields: ["status"] } },
        endpoint: { status: "disabled", reason: "requested" },
      }),
      asWebhook,
    ),
  }),
});
