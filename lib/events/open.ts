import { networksOf } from "./address.ts";
import type { Notices } from "./notices.ts";
import type { DeliveryParts } from "./parts.ts";
import { systemResolve } from "./resolve.ts";
import { openSender } from "./sender.ts";
import { targetFault } from "./target.ts";

/** Of the configuration. */
export interface WebhookSettings {
  /** Ranges that are not public and that events may be sent to all the same; there, without TLS, too. */
  readonly networks: readonly string[];
}

export interface Webhooks {
  readonly parts: DeliveryParts;
  /** Who is told when an account has new events. */
  readonly listen: Notices["listen"];
  /** What is wrong with an endpoint's address, in the words of a refusal. */
  targetFault(url: string): string | undefined;
  close(): void;
}

/** Within what the specification gives receivers: 15 to 30 seconds. */
const totalMs = 15_000;
const connectMs = 10_000;
const keptMs = 60_000;

export const openWebhooks = (
  { listen, ...parts }: Omit<DeliveryParts, "sender"> & Pick<Webhooks, "listen">,
  { networks }: WebhookSettings,
): Webhooks => {
  const opened = networksOf(networks);
  const sender = openSender({
    networks: opened,
    resolve: systemResolve(networks.length > 0),
    connectMs,
    totalMs,
    keptMs,
  });
  return {
    parts: { ...parts, sender },
    listen,
    targetFault: (url) => targetFault(url, opened, networks.length > 0),
    close: sender.close,
  };
};
