import { auditTarget } from "../../lib/events/endpoint.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditDraft } from "../../lib/providers/caller.ts";
import { pingReply, webhookParams } from "../../lib/schemas/webhooks.ts";
import { foundWebhook } from "./found.ts";
import { ping } from "./pinged.ts";

/** Disabled ones, too: it is how one finds out whether they may be enabled. */
export const pingWebhook = defineOperation({
  method: "POST",
  path: "/v1/webhooks/{id}/ping",
  name: "PingWebhook",
  summary: "Send a test message now, and tell how it was answered",
  permission: "webhooks:manage",
  params: webhookParams,
  query: nothing,
  body: nothing,
  reply: pingReply,
  status: 200,
  example: { params: { id: "{webhook}" } },
  run: async ({ params }, { house, principal, caller }) => {
    const endpoint = await foundWebhook(house, principal, params.id);
    // It leaves the house, wherever somebody pointed it to: the trail knows before.
    await house.store.commit({
      account: endpoint.account,
      writes: [],
      audit: auditDraft(caller, auditTarget(params.id), house.clock().toISOString()),
      // The message itself is one, to this endpoint alone, and nothing was changed.
      events: [],
    });
    const { delivered, attempt } = await ping({ house }, endpoint);
    return { delivered, answered: classOf(attempt.status), fault: attempt.fault };
  },
});

const classes = { 1: "1xx", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx" } as const;
type Class = (typeof classes)[keyof typeof classes] | "other";

const classOf = (status: number | null): Class | null => {
  if (status === null) return null;
  const found = Object.entries(classes).find(([first]) => Number(first) === Math.floor(status / 100));
  return found?.[1] ?? "other";
};
