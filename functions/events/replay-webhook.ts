import { cursorOf, cursorRecord, readCursor } from "../../lib/events/cursor.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { replayWebhookBody, webhookParams, webhookReply } from "../../lib/schemas/webhooks.ts";
import { asWebhook, changeWebhook } from "./change.ts";

/** Each event has the id that it had the first time: a receiver that keeps ids takes only what it missed. */
export const replayWebhook = defineOperation({
  method: "POST",
  path: "/v1/webhooks/{id}/replay",
  name: "ReplayWebhook",
  summary: "Send everything from a time on again, as far as it is kept (30 days)",
  permission: "webhooks:manage",
  params: webhookParams,
  query: nothing,
  body: replayWebhookBody,
  reply: webhookReply,
  status: 200,
  once: true,
  precondition: "optional",
  version: ({ webhook }) => webhook.version,
  example: { params: { id: "{webhook}" }, body: { from: "2026-01-01T00:00:00Z" } },
  run: async ({ params, body }, context) => {
    const { store, clock } = context.house;
    const webhook = await changeWebhook(
      context,
      params.id,
      async (endpoint) => {
        const before = await readCursor(store, endpoint);
        const cursor = cursorOf(before);
        const from = await store.eventSeqBefore(endpoint.account, body.from);
        // Backwards alone: forwards it would leave out what was not sent yet.
        const position = Math.min(cursor.position, from);
        const due = cursor.due && clock().toISOString();
        const moved = { ...cursor, position, done: [], version: cursor.version + 1, due };
        return {
          event: { type: "webhook.replayed", data: { from: body.from } },
          endpoint: {},
          writes: [{ type: "replaceDocument", record: cursorRecord(moved), expectedVersion: before.version }],
        };
      },
      asWebhook,
    );
    return { webhook };
  },
});
