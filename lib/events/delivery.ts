import * as z from "zod";
import type { AccountId } from "../schemas/key.ts";
import { attempt } from "../schemas/webhooks.ts";
import type { DocumentRecord, StoredEvent } from "../store/port/records.ts";
import type { Attempted } from "./attempt.ts";
import { nextAttempt } from "./schedule.ts";

export const deliveryKind = "webhook-delivery";

/** Failed ones stay as long as their event can be sent again. */
const deliveredKeptMs = 7 * 86_400_000;
const failedKeptMs = 30 * 86_400_000;

export const deliveryBody = z.strictObject({
  /** Where the event stands in the account's log, which has its content. */
  seq: z.int(),
  event: z.strictObject({ id: z.string(), type: z.string(), subject: z.string(), version: z.int() }),
  state: z.enum(["delivered", "retrying", "dead"]),
  /** Of one that is asked for by hand, one more than the schedule has. */
  attempts: z.array(attempt),
  /** Attempts that the schedule counts: those since somebody last asked for one. */
  counted: z.int(),
});
export type DeliveryBody = z.infer<typeof deliveryBody>;

/** So many of the newest are kept; somebody may ask for another one again and again. */
const attemptsKept = 20;

export interface Delivery extends DeliveryBody {
  readonly account: AccountId;
  readonly endpoint: string;
  readonly id: string;
  readonly version: number;
  readonly due: string | undefined;
  readonly until: string | undefined;
}

/** Ids sort by time: `dlv_`, milliseconds, place in the log, and what tells two of one moment apart. */
export const deliveryId = (now: Date, seq: number, random: () => number): string =>
  `dlv_${hex(now.getTime(), 12)}${hex(seq % 2 ** 32, 8)}${hex(Math.floor(random() * 2 ** 32), 8)}`;

const hex = (value: number, length: number): string => value.toString(16).padStart(length, "0");

/** An endpoint's deliveries are a part of their own, as a provider's documents are: it is listed without the others'. */
export const deliveryOf = ({
  account,
  provider,
  id,
  version,
  body,
  due,
  until,
}: DocumentRecord): Delivery => ({
  account,
  endpoint: provider,
  id,
  version,
  due,
  until,
  ...deliveryBody.parse(body),
});

export const deliveryRecord = ({
  account,
  endpoint,
  id,
  version,
  due,
  until,
  ...body
}: Delivery): DocumentRecord => ({
  account,
  provider: endpoint,
  kind: deliveryKind,
  id,
  region: "",
  version,
  body,
  ...(until !== undefined && { until }),
  ...(due !== undefined && { due }),
});

const later = (now: Date, ms: number): string => new Date(now.getTime() + ms).toISOString();

/** What an attempt came to: delivered, tried again at a time, or given up. */
export const afterAttempt = (
  before: Delivery,
  { attempt: made, delivered, retryAfterMs }: Attempted,
  now: Date,
  random: () => number,
): Delivery => {
  const attempts = [...before.attempts, made].slice(-attemptsKept);
  const counted = before.counted + 1;
  const moved = { ...before, attempts, counted, version: before.version + 1 };
  if (delivered) return { ...moved, state: "delivered", due: undefined, until: later(now, deliveredKeptMs) };
  const next = nextAttempt(counted, retryAfterMs, now, random);
  const until = later(now, failedKeptMs);
  return next === undefined
    ? { ...moved, state: "dead", due: undefined, until }
    : { ...moved, state: "retrying", due: next.toISOString(), until };
};

/** Before its first attempt; as a document it is written after that one. */
export const newDelivery = (
  place: Pick<Delivery, "account" | "endpoint" | "id">,
  { seq, id, type, subject, version }: StoredEvent,
): Delivery => ({
  ...place,
  version: 0,
  due: undefined,
  until: undefined,
  seq,
  event: { id, type, subject, version },
  state: "retrying",
  attempts: [],
  counted: 0,
});

export const givenUp = (before: Delivery, now: Date): Delivery => ({
  ...before,
  version: before.version + 1,
  state: "dead",
  due: undefined,
  until: later(now, failedKeptMs),
});
