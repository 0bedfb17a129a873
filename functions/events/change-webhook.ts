import { defineOperation, nothing } from "../../lib/operation.ts";
import { changeWebhookBody, webhookParams, webhookReply } from "../../lib/schemas/webhooks.ts";
import { asWebhook, changeWebhook as change } from "./change.ts";
import { checkUrl } from "./checked-url.ts";
import { originOf } from "./view.ts";

export const changeWebhook = defineOperation({
  method: "PATCH",
  path: "/v1/webhooks/{id}",
  name: "ChangeWebhook",
  summary: "Change a webhook; what is absent stays",
  permission: "webhooks:manage",
  params: webhookParams,
  query: nothing,
  body: changeWebhookBody,
  reply: webhookReply,
  status: 200,
  precondition: "required",
  version: ({ webhook }) => webhook.version,
  example: { params: { id: "{webhook}" }, body: { types: "all" } },
  run: async ({ params, body }, context) => {
    const { url, types, description } = body;
    if (url !== undefined) checkUrl(context.house, url);
    const rest = { ...(types && { types }), ...(description !== undefined && { description }) };
    const details = () => ({ ...rest, ...(url !== undefined && { url: originOf(url) }) });
    const caller = { ...context.caller, details };
    const endpoint = { ...rest, ...(url !== undefined && { url }) };
    const event = { type: "webhook.changed", data: { fields: Object.keys(endpoint) } } as const;
    return {
      webhook: await change({ ...context, caller }, params.id, () => ({ event, endpoint }), asWebhook),
    };
  },
});
