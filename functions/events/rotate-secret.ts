import { Refusal } from "../../lib/errors.ts";
import { isLive } from "../../lib/events/endpoint.ts";
import { newSecret } from "../../lib/events/secrets.ts";
import type { Secret } from "../../lib/keys/secret.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { issuedWebhookReply, rotateWebhookBody, webhookParams } from "../../lib/schemas/webhooks.ts";
import { changeWebhook, withoutSecret } from "./change.ts";

/** Both sign for a while, so that a receiver can change its secret without missing anything. */
export const rotateWebhookSecret = defineOperation({
  method: "POST",
  path: "/v1/webhooks/{id}/rotate-secret",
  name: "RotateWebhookSecret",
  summary: "Give a webhook a new secret; the old one signs beside it for a while",
  permission: "webhooks:manage",
  params: webhookParams,
  query: nothing,
  body: rotateWebhookBody,
  reply: issuedWebhookReply,
  status: 200,
  once: true,
  precondition: "optional",
  version: ({ webhook }) => webhook.version,
  example: { params: { id: "{webhook}" }, body: { overlap: 3600 } },
  run: async ({ params, body }, context) => {
    const { house } = context;
    let shown: Secret | null = null;
    const webhook = await changeWebhook(
      context,
      params.id,
      async (endpoint) => {
        const now = house.clock();
        const [newest, ...older] = endpoint.secrets.filter((one) => isLive(one, now));
        if (newest === undefined) throw new Error("an endpoint without a live secret");
        const [second] = older;
        // Two sign at most: a third would end one that a receiver may still count on.
        if (second !== undefined && body.overlap > 0) {
          throw new Refusal(
            "state_unsuitable",
            `The last rotation's overlap ends at ${second.until}. Wait, or rotate with \`overlap\` 0, which ends all older secrets.`,
          );
        }
        const next = await newSecret(house, endpoint, newest.generation + 1);
        shown = next.shown;
        const until = new Date(now.getTime() + body.overlap * 1000).toISOString();
        const secrets = body.overlap === 0 ? [next.stored] : [next.stored, { ...newest, until }];
        const event = {
          type: "webhook.secret_rotated",
          data: { until: body.overlap === 0 ? null : until },
        } as const;
        return { event, endpoint: { secrets } };
      },
      withoutSecret,
    );
    return { webhook, secret: exposed(shown) };
  },
});

const exposed = (secret: Secret | null): string | null => secret?.expose() ?? null;
