import { Refusal } from "../../lib/errors.ts";
import { cursorRecord } from "../../lib/events/cursor.ts";
import {
  auditTarget,
  type Endpoint,
  endpointCounter,
  endpointRecord,
  endpointsMax,
} from "../../lib/events/endpoint.ts";
import { healthy } from "../../lib/events/health.ts";
import { healthRecord } from "../../lib/events/keep-health.ts";
import { newSecret } from "../../lib/events/secrets.ts";
import { wakeWalk } from "../../lib/hygiene/walk.ts";
import { randomHex } from "../../lib/keys/random.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { auditDraft } from "../../lib/providers/caller.ts";
import { createWebhookBody, issuedWebhookReply } from "../../lib/schemas/webhooks.ts";
import { StoreRefusal } from "../../lib/store/port/unit.ts";
import { withoutSecret } from "./change.ts";
import { checkUrl } from "./checked-url.ts";
import { requireWholeReach } from "./found.ts";
import { endpointTold, originOf, webhookView } from "./view.ts";

/** It is told of what happens from now on; of what was before, by a replay. */
export const createWebhook = defineOperation({
  method: "POST",
  path: "/v1/webhooks",
  name: "CreateWebhook",
  summary: "Have events sent to an address; the secret that signs them is answered once",
  permission: "webhooks:manage",
  params: nothing,
  query: nothing,
  body: createWebhookBody,
  reply: issuedWebhookReply,
  status: 201,
  once: true,
  version: ({ webhook }) => webhook.version,
  example: {
    body: { url: "https://receiver.example.com/keyway", types: ["key.created", "key.deleted"] },
  },
  run: async ({ body }, { house, principal, caller }) => {
    requireWholeReach(principal);
    checkUrl(house, body.url);
    const { store, clock, random } = house;
    const account = principal.account.id;
    const time = clock().toISOString();
    const place = { account, id: `whe_${randomHex(random, 24)}`, scheme: body.scheme };
    const { stored, shown } = await newSecret(house, place, 1);
    const endpoint: Endpoint = {
      ...body,
      ...place,
      status: "enabled",
      reason: null,
      secrets: [stored],
      createdAt: time,
      updatedAt: time,
      version: 1,
    };
    const view = webhookView(endpoint);
    const cursor = cursorRecord({
      account,
      endpoint: place.id,
      version: 1,
      due: time,
      position: await store.lastEventSeq(account),
      done: [],
    });
    const details = () => ({ ...body, url: originOf(body.url) });
    await wakeWalk(store, account, clock());
    try {
      await store.commit({
        account,
        writes: [
          ...(caller.once?.outcome({ reply: withoutSecret(view), secret: null }) ?? []),
          { type: "count", account, counter: endpointCounter, by: 1, max: endpointsMax },
          { type: "insertDocument", record: endpointRecord(endpoint) },
          { type: "insertDocument", record: cursor },
          { type: "insertDocument", record: healthRecord(place, 1, healthy) },
        ],
        audit: auditDraft({ ...caller, details }, auditTarget(place.id), time),
        // For the other endpoints; it is told of nothing about itself.
        events: [
          {
            id: house.uuid(),
            type: "webhook.created",
            time,
            subject: auditTarget(place.id),
            version: 1,
            data: endpointTold(endpoint),
          },
        ],
      });
    } catch (error) {
      if (!(error instanceof StoreRefusal && error.reason === "limit")) throw error;
      throw new Refusal("limit_reached", `The account already has ${endpointsMax} webhooks, its maximum.`);
    }
    return { webhook: view, secret: shown?.expose() ?? null };
  },
});
