import { Refusal } from "../../lib/errors.ts";
import { deliveryKind, deliveryOf, deliveryRecord } from "../../lib/events/delivery.ts";
import { auditTarget } from "../../lib/events/endpoint.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditDraft } from "../../lib/providers/caller.ts";
import { decideAndWrite } from "../../lib/providers/decide.ts";
import { deliveryParams, deliveryReply } from "../../lib/schemas/webhooks.ts";
import { foundWebhook } from "./found.ts";
import { deliveryView } from "./view.ts";

/** Of any delivery; if it fails, by the schedule from its beginning. */
export const retryDelivery = defineOperation({
  method: "POST",
  path: "/v1/webhooks/{id}/deliveries/{delivery}/retry",
  name: "RetryDelivery",
  summary: "Send an event to a webhook once more, whatever became of it",
  permission: "webhooks:manage",
  params: deliveryParams,
  query: nothing,
  body: nothing,
  reply: deliveryReply,
  status: 200,
  once: true,
  example: { params: { id: "{webhook}", delivery: "{delivery}" } },
  run: async ({ params }, { house, principal, caller }) =>
    decideAndWrite(async () => {
      const { store, clock } = house;
      const endpoint = await foundWebhook(house, principal, params.id);
      const { account, id } = endpoint;
      const found = await store.readDocument(account, id, deliveryKind, params.delivery);
      if (found === undefined) throw new Refusal("not_found", "There is no such delivery.");
      if (endpoint.status === "disabled") {
        throw new Refusal("state_unsuitable", "The webhook is disabled. Enable it first.");
      }
      const due = clock().toISOString();
      const before = deliveryOf(found);
      const after = { ...before, state: "retrying" as const, counted: 0, due, version: before.version + 1 };
      const reply = { delivery: deliveryView(after) };
      await store.commit({
        account,
        writes: [
          ...(caller.once?.outcome({ reply, secret: null }) ?? []),
          { type: "replaceDocument", record: deliveryRecord(after), expectedVersion: before.version },
        ],
        audit: auditDraft(caller, auditTarget(id), due),
        // What is sent again is an event already; of how it is answered, the list of deliveries tells.
        events: [],
      });
      return reply;
    }),
});
