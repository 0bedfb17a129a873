import type { StoredEvent } from "../store/port/records.ts";
import { progressMax, StoreRefusal } from "../store/port/unit.ts";
import { type Attempted, attemptOnce } from "./attempt.ts";
import { type Cursor, cursorRecord, movedOver, nextStretch, type Stretch } from "./cursor.ts";
import { afterAttempt, deliveryId, deliveryRecord, newDelivery } from "./delivery.ts";
import { type Endpoint, readEndpoint } from "./endpoint.ts";
import { failingStreak, type Health, isPaused } from "./health.ts";
import { hold, writeCursor } from "./hold.ts";
import { inOrder } from "./in-order.ts";
import { keepHealth, readHealth } from "./keep-health.ts";
import { messageOf } from "./message.ts";
import type { DeliveryParts } from "./parts.ts";
import { signingKeys } from "./secrets.ts";

/** One reading of the log. Most endpoints want a part of it. */
const readAtOnce = 200;
/** With the cursor, what a store writes together. */
const sentAtOnce = progressMax - 1;
const lanesMax = sentAtOnce;

/** Sends one endpoint what the log has for it, stretch by stretch, to the log's end or until it is over. */
export const pump = async (parts: DeliveryParts, free: Cursor, isOver: () => boolean): Promise<void> => {
  try {
    let cursor: Cursor | undefined = free;
    while (cursor !== undefined && !isOver()) cursor = await step(parts, cursor, isOver);
  } catch (error) {
    // The cursor is somebody else's by now, or gone: they go on from where it stands.
    if (!(error instanceof StoreRefusal)) throw error;
  }
};

const step = async (
  parts: DeliveryParts,
  free: Cursor,
  isOver: () => boolean,
): Promise<Cursor | undefined> => {
  const { store, clock } = parts;
  const log = await store.readEvents(free.account, free.position, readAtOnce);
  const endpoint = await readEndpoint(store, free.account, free.endpoint);
  if (log.length === 0 || endpoint === undefined) return undefined;
  if (endpoint.status === "disabled") {
    await writeCursor(parts, free, { due: undefined });
    return undefined;
  }
  const health = await readHealth(parts, endpoint);
  if (isPaused(health, clock())) {
    await writeCursor(parts, free, { due: health.pausedUntil ?? undefined });
    return undefined;
  }
  const stretch = nextStretch(log, free, endpoint, health.streak >= failingStreak ? 1 : sentAtOnce);
  // Nothing that this one wants: a step over it is all there is to write.
  if (stretch.events.length === 0) {
    return writeCursor(
      parts,
      free,
      movedOver(stretch, () => false, free.done),
    );
  }
  return sendStretch(parts, { endpoint, health, free, stretch }, isOver);
};

interface Sending {
  readonly endpoint: Endpoint;
  readonly health: Health;
  readonly free: Cursor;
  readonly stretch: Stretch;
}

const sendStretch = async (
  parts: DeliveryParts,
  { endpoint, health, free, stretch }: Sending,
  isOver: () => boolean,
): Promise<Cursor> => {
  const { store, vault, clock, random } = parts;
  const keys = await signingKeys(vault, endpoint, clock());
  const held = await hold(parts, free);
  let failures = 0;
  let isGone = false;
  const sending = inOrder<StoredEvent, Attempted>({
    items: stretch.events,
    subject: (event) => event.subject,
    lanesMax,
    isOver: () => isGone || failures >= failingStreak || held.isLost() || isOver(),
    run: async (event) => {
      const attempted = await attemptOnce(parts, endpoint.url, keys, messageOf(event));
      failures = attempted.delivered ? 0 : failures + 1;
      isGone ||= attempted.gone;
      return attempted;
    },
  });
  // Whatever happens, the hold is not renewed any more.
  const [sent, before] = [await sending.finally(held.end), await held.end()];
  const now = clock();
  const deliveries = [...sent].map(([event, attempted]) => {
    const id = deliveryId(now, event.seq, random);
    const delivery = newDelivery({ account: endpoint.account, endpoint: endpoint.id, id }, event);
    return afterAttempt(delivery, attempted, now, random);
  });
  const cursor: Cursor = {
    ...before,
    ...movedOver(stretch, (event) => sent.has(event), before.done),
    version: before.version + 1,
    due: now.toISOString(),
  };
  // What was sent and could not be written is sent again: its receiver knows it by its id.
  await store.progress([
    { type: "replaceDocument", record: cursorRecord(cursor), expectedVersion: before.version },
    ...deliveries.map((one) => ({ type: "insertDocument" as const, record: deliveryRecord(one) })),
  ]);
  const outcomes = [...sent.values()];
  if (health.streak > 0 || outcomes.some(({ delivered }) => !delivered)) {
    await keepHealth(parts, endpoint, outcomes);
  }
  return cursor;
};
