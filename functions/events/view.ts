import type { Principal } from "../../lib/access/principal.ts";
import { grants } from "../../lib/access/roles.ts";
import type { Delivery } from "../../lib/events/delivery.ts";
import type { Endpoint } from "../../lib/events/endpoint.ts";
import { type Health, healthy } from "../../lib/events/health.ts";
import { readHealth } from "../../lib/events/keep-health.ts";
import { messageId } from "../../lib/events/message.ts";
import type { WebhookView } from "../../lib/schemas/webhooks.ts";
import type { Store } from "../../lib/store/port/store.ts";
import { StoreRefusal } from "../../lib/store/port/unit.ts";

/** An endpoint as it may be shown: without what is sealed. */
export const webhookView = (
  { account: _, types, secrets, ...told }: Endpoint,
  { streak, pausedUntil, failingSince }: Health = healthy,
): WebhookView => ({
  ...told,
  types: types === "all" ? types : [...types],
  secrets: secrets.map(({ generation, publicKey, until }) => ({ generation, publicKey, until })),
  health: { failures: streak, pausedUntil, failingSince },
});

/**
 * Nothing of one that is deleted at this moment. Whoever has the address of some receivers may write to them: who only
 * reads webhooks sees where they lead.
 */
export const readersView = async (
  store: Pick<Store, "readDocument">,
  endpoint: Endpoint,
  { role }: Principal,
): Promise<WebhookView | undefined> => {
  const health = await readHealth({ store }, endpoint).catch(asGone);
  if (health === undefined) return undefined;
  const view = webhookView(endpoint, health);
  return grants(role, "webhooks:manage") ? view : { ...view, url: `${originOf(view.url)}/…` };
};

const asGone = (error: unknown): undefined => {
  if (!(error instanceof StoreRefusal && error.reason === "missing")) throw error;
};

/** Where an address leads, without the rest, which may be what opens it. */
export const originOf = (url: string): string => URL.parse(url)?.origin ?? "";

/** What events tell of an endpoint: nothing that opens its receiver, and no words of its owner's. */
export const endpointTold = ({ id, url, types, status, scheme }: Endpoint) => ({
  id,
  url: originOf(url),
  types,
  status,
  scheme,
});

export const deliveryView = ({ id, event, state, due, attempts }: Delivery) => ({
  id,
  event: { ...event, id: messageId(event.id) },
  state,
  nextAttemptAt: due ?? null,
  attempts: attempts.map((one) => ({ ...one })),
});
