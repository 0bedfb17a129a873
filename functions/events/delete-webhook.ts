import * as z from "zod";
import { readCursor } from "../../lib/events/cursor.ts";
import { auditTarget, endpointCounter, endpointRecord } from "../../lib/events/endpoint.ts";
import { findHealth } from "../../lib/events/keep-health.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditDraft } from "../../lib/providers/caller.ts";
import { decideAndWrite } from "../../lib/providers/decide.ts";
import { webhookParams } from "../../lib/schemas/webhooks.ts";
import type { DocumentRecord } from "../../lib/store/port/records.ts";
import type { DocumentWrite } from "../../lib/store/port/unit.ts";
import { foundWebhook } from "./found.ts";
import { endpointTold } from "./view.ts";

export const deleteWebhook = defineOperation({
  method: "DELETE",
  path: "/v1/webhooks/{id}",
  name: "DeleteWebhook",
  summary: "Delete a webhook; what is being sent to it may still arrive",
  permission: "webhooks:manage",
  params: webhookParams,
  query: nothing,
  body: nothing,
  reply: z.undefined(),
  status: 204,
  example: { params: { id: "{webhook}" } },
  run: async ({ params }, { house, principal, caller }) =>
    decideAndWrite(async () => {
      const { store, clock } = house;
      const endpoint = await foundWebhook(house, principal, params.id);
      const account = endpoint.account;
      const parts = [
        endpointRecord(endpoint),
        await readCursor(store, endpoint),
        await findHealth({ store }, endpoint),
      ];
      const time = clock().toISOString();
      await store.commit({
        account,
        writes: [...parts.map(removal), { type: "count", account, counter: endpointCounter, by: -1 }],
        audit: auditDraft(caller, auditTarget(params.id), time),
        // For the other endpoints. This one is asked nothing more: its cursor is gone with it.
        events: [
          {
            id: house.uuid(),
            type: "webhook.deleted",
            time,
            subject: auditTarget(params.id),
            version: endpoint.version + 1,
            data: endpointTold(endpoint),
          },
        ],
      });
      return undefined;
    }),
});

const removal = (record: DocumentRecord): DocumentWrite => ({
  type: "deleteDocument",
  record,
  expectedVersion: record.version,
});
