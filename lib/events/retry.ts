import { jobCaller } from "../jobs/caller.ts";
import { auditDraft } from "../providers/caller.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import { StoreRefusal } from "../store/port/unit.ts";
import { attemptOnce } from "./attempt.ts";
import { afterAttempt, type Delivery, deliveryOf, deliveryRecord, givenUp } from "./delivery.ts";
import { auditTarget, type Endpoint, readEndpoint } from "./endpoint.ts";
import { isPaused } from "./health.ts";
import { keepHealth, readHealth } from "./keep-health.ts";
import { messageOf } from "./message.ts";
import type { DeliveryParts } from "./parts.ts";
import { signingKeys } from "./secrets.ts";
import { isOfEndpoints } from "./types.ts";

/** Longer than an attempt may take. */
const leaseMs = 30_000;
/** What waited together for an endpoint comes to it spread over so long. */
const spreadMs = 2_000;

const replace = (before: Delivery, after: Delivery) => ({
  type: "replaceDocument" as const,
  record: deliveryRecord(after),
  expectedVersion: before.version,
});

/** One more attempt at an event that its endpoint did not take. */
export const retry = async (parts: DeliveryParts, due: DocumentRecord): Promise<void> => {
  try {
    await attemptAgain(parts, deliveryOf(due));
  } catch (error) {
    // Another process is at it.
    if (!(error instanceof StoreRefusal)) throw error;
  }
};

const attemptAgain = async (parts: DeliveryParts, due: Delivery): Promise<void> => {
  const { store, clock, random, vault } = parts;
  const now = clock();
  const at = (ms: number): string => new Date(ms).toISOString();
  const write = (before: Delivery, after: Delivery): Promise<void> =>
    store.progress([replace(before, after)]);
  const endpoint = await readEndpoint(store, due.account, due.endpoint);
  if (endpoint === undefined) {
    return store.progress([
      { type: "deleteDocument", record: deliveryRecord(due), expectedVersion: due.version },
    ]);
  }
  if (endpoint.status === "disabled") return write(due, givenUp(due, now));
  const health = await readHealth(parts, endpoint);
  if (isPaused(health, now)) {
    const later = at(Date.parse(health.pausedUntil ?? "") + random() * spreadMs);
    return write(due, { ...due, version: due.version + 1, due: later });
  }
  const held = { ...due, version: due.version + 1, due: at(now.getTime() + leaseMs) };
  await write(due, held);
  const [event] = await store.readEvents(due.account, due.seq - 1, 1);
  if (event?.seq !== due.seq) return write(held, givenUp(held, now));
  const keys = await signingKeys(vault, endpoint, now);
  const attempted = await attemptOnce(parts, endpoint.url, keys, messageOf(event));
  const after = afterAttempt(held, attempted, clock(), random);
  if (after.state === "dead" && !isOfEndpoints(event.type)) await exhausted(parts, endpoint, held, after);
  else await write(held, after);
  if (health.streak > 0 || !attempted.delivered) await keepHealth(parts, endpoint, [attempted]);
};

/** That an event was given up is an event itself, and an entry of the trail: it is what somebody has to look at. */
const exhausted = async (
  parts: DeliveryParts,
  { version }: Endpoint,
  held: Delivery,
  after: Delivery,
): Promise<void> => {
  const { store, clock, uuid } = parts;
  const holder = await store.readAccount(held.account);
  if (holder === undefined) return;
  const time = clock().toISOString();
  const subject = auditTarget(held.endpoint);
  const data = { id: held.endpoint, delivery: held.id, event: held.event };
  const caller = { ...jobCaller(holder, "keyway:GiveUpDelivery", uuid()), details: () => data };
  await store.commit({
    account: held.account,
    writes: [replace(held, after)],
    audit: auditDraft(caller, subject, time),
    events: [{ id: uuid(), type: "webhook.exhausted", time, subject, version, data }],
  });
};
