import { type Deliveries, openDeliveries } from "../../lib/events/deliveries.ts";
import type { DeliveryParts } from "../../lib/events/parts.ts";
import { webhooksOf } from "../../lib/house.ts";
import { callFacade, type FacadeReply } from "./facade.ts";
import type { TestKeyway } from "./keyway.ts";

export interface Webhook {
  readonly id: string;
  readonly secret: string;
  /** Its own path, with more behind it. */
  call(method: string, more?: string, body?: unknown): Promise<FacadeReply>;
  read(): Promise<Readonly<Record<string, unknown>>>;
  deliveries(): Promise<readonly DeliveryShown[]>;
}

export interface DeliveryShown {
  readonly id: string;
  readonly event: { readonly id: string; readonly type: string; readonly subject: string };
  readonly state: string;
  readonly nextAttemptAt: string | null;
  readonly attempts: readonly { readonly status: number | null; readonly fault: string | null }[];
}

interface Options {
  readonly token?: string;
  readonly body?: object;
}

export const newWebhook = async (
  keyway: Pick<TestKeyway, "url" | "root">,
  url: string,
  { token, body: more = {} }: Options = {},
): Promise<Webhook> => {
  const as = token === undefined ? {} : { token };
  const made = await callFacade(keyway, "POST", "/v1/webhooks", { ...as, body: { url, ...more } });
  if (made.status !== 201) throw new Error(`${made.status} ${made.text}`);
  const { webhook, secret } = made.body as { webhook: { id: string }; secret: string };
  const path = `/v1/webhooks/${webhook.id}`;
  const call: Webhook["call"] = (method, rest = "", body = undefined) =>
    callFacade(keyway, method, `${path}${rest}`, {
      ...as,
      ...(body !== undefined && { body }),
      headers: method === "PATCH" ? { "if-match": "*" } : {},
    });
  return {
    id: webhook.id,
    secret,
    call,
    read: async () => ((await call("GET")).body as { webhook: Record<string, unknown> }).webhook,
    deliveries: async () =>
      ((await call("GET", "/deliveries?limit=100")).body as { items: readonly DeliveryShown[] }).items,
  };
};

export interface Driven {
  readonly deliveries: Deliveries;
  /** Puts the sender's clock forward. */
  advance(ms: number): void;
  /** Rounds until there is nothing left to be started. */
  settle(): Promise<void>;
}

/** Ahead of the house, whose clock runs on, and within what receivers forgive. */
const aheadMs = 240_000;

/** The sender of a Keyway, with a clock that a test alone moves: the schedule takes three days. */
export const driven = (keyway: TestKeyway, more: Partial<DeliveryParts> = {}): Driven => {
  let now = Date.now() + aheadMs;
  const clock = (): Date => new Date(now);
  const errors: unknown[] = [];
  const parts = { ...webhooksOf(keyway.house).parts, clock, ...more };
  const deliveries = openDeliveries(parts, (error) => void errors.push(error));
  return {
    deliveries,
    advance: (ms) => {
      now += ms;
    },
    settle: async () => {
      let started: number;
      // What runs already may end without having done all, and what a wakening starts meanwhile is none of the round's.
      await deliveries.idle();
      do {
        started = await deliveries.round();
        await deliveries.idle();
      } while (started > 0);
      if (errors.length > 0) throw errors[0];
    },
  };
};
