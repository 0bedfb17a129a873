import { Refusal } from "../../lib/errors.ts";
import { cursorOf, cursorRecord, readCursor } from "../../lib/events/cursor.ts";
import { healthy } from "../../lib/events/health.ts";
import { findHealth, healthRecord } from "../../lib/events/keep-health.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { webhookParams, webhookReply } from "../../lib/schemas/webhooks.ts";
import { asWebhook, changeWebhook } from "./change.ts";
import { foundWebhook } from "./found.ts";
import { ping } from "./pinged.ts";

/** It goes on where it stopped; what the log has kept since comes first. */
export const enableWebhook = defineOperation({
  method: "POST",
  path: "/v1/webhooks/{id}/enable",
  name: "EnableWebhook",
  summary: "Enable a webhook that was disabled, once it has answered a test message",
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
  run: async ({ params }, context) => {
    const { house, principal } = context;
    const found = await foundWebhook(house, principal, params.id);
    if (found.status === "disabled") {
      const { delivered } = await ping(context, found);
      if (!delivered) {
        throw new Refusal(
          "state_unsuitable",
          "The webhook did not answer a test message with success. Its ping tells more.",
        );
      }
    }
    const webhook = await changeWebhook(
      context,
      params.id,
      async (endpoint) => {
        // Its cursor may be held by who sends to it.
        if (endpoint.status === "enabled") return { event: null, endpoint: {} };
        const cursor = await readCursor(house.store, endpoint);
        const health = await findHealth(house, endpoint);
        const due = house.clock().toISOString();
        return {
          event: { type: "webhook.changed", data: { fields: ["status"] } },
          endpoint: { status: "enabled", reason: null },
          health: healthy,
          writes: [
            {
              type: "replaceDocument",
              record: cursorRecord({ ...cursorOf(cursor), version: cursor.version + 1, due }),
              expectedVersion: cursor.version,
            },
            {
              type: "replaceDocument",
              record: healthRecord(endpoint, health.version + 1, healthy),
              expectedVersion: health.version,
            },
          ],
        };
      },
      asWebhook,
    );
    return { webhook };
  },
});
