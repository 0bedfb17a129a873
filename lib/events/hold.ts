import { StoreRefusal } from "../store/port/unit.ts";
import { type Cursor, cursorRecord } from "./cursor.ts";
import type { DeliveryParts } from "./parts.ts";

/** A process that is killed is waited for so long; what it had sent and not written down is sent again then. */
const leaseMs = 4_000;
/** Only of stretches that take longer than this one writes anything. */
const renewMs = 1_000;

export const writeCursor = async (
  { store }: Pick<DeliveryParts, "store">,
  before: Cursor,
  changed: Partial<Cursor>,
): Promise<Cursor> => {
  const cursor = { ...before, ...changed, version: before.version + 1 };
  await store.progress([
    { type: "replaceDocument", record: cursorRecord(cursor), expectedVersion: before.version },
  ]);
  return cursor;
};

export interface Hold {
  /** Somebody else has the cursor by now: a process that took this one for dead, a replay, a deletion. */
  isLost(): boolean;
  /** Ends the renewals; the cursor as it stands. */
  end(): Promise<Cursor>;
}

/** An endpoint is sent to by one process at a time, which says so again while it is at it. */
export const hold = async (parts: DeliveryParts, free: Cursor): Promise<Hold> => {
  const due = (): string => new Date(parts.clock().getTime() + leaseMs).toISOString();
  let cursor = await writeCursor(parts, free, { due: due() });
  let lost: unknown;
  let renewing: Promise<void> = Promise.resolve();
  const renew = async (): Promise<void> => {
    try {
      cursor = await writeCursor(parts, cursor, { due: due() });
    } catch (error) {
      lost = error;
    }
  };
  const timer = setInterval(() => {
    renewing = renewing.then(() => (lost === undefined ? renew() : undefined));
  }, renewMs).unref();
  return {
    isLost: () => lost instanceof StoreRefusal,
    end: async () => {
      clearInterval(timer);
      await renewing;
      return cursor;
    },
  };
};
