import { Refusal } from "../../lib/errors.ts";
import { type Attempted, attemptOnce } from "../../lib/events/attempt.ts";
import { auditTarget, type Endpoint } from "../../lib/events/endpoint.ts";
import { messageOf } from "../../lib/events/message.ts";
import type { DeliveryParts } from "../../lib/events/parts.ts";
import { signingKeys } from "../../lib/events/secrets.ts";
import { type House, webhooksOf } from "../../lib/house.ts";
import type { OperationContext } from "../../lib/operation.ts";

/** A test message, at once and once; it is in no log, and nobody tries it again. */
export const ping = async (
  { house }: Pick<OperationContext, "house">,
  endpoint: Endpoint,
): Promise<Attempted> => {
  const { parts } = webhooksOf(house);
  const place = `ping/${endpoint.id}`;
  // One at a time: it is for trying an endpoint out, not for sending it much.
  if (house.underWay.has(place)) {
    throw new Refusal("state_unsuitable", "A test message to this webhook is still under way.");
  }
  house.underWay.add(place);
  try {
    return await send(house, parts, endpoint);
  } finally {
    house.underWay.delete(place);
  }
};

const send = async (house: House, parts: DeliveryParts, endpoint: Endpoint): Promise<Attempted> => {
  const now = house.clock();
  const message = messageOf({
    id: house.uuid(),
    type: "webhook.ping",
    time: now.toISOString(),
    subject: auditTarget(endpoint.id),
    version: endpoint.version,
    data: { id: endpoint.id },
  });
  return attemptOnce(parts, endpoint.url, await signingKeys(house.vault, endpoint, now), message);
};
