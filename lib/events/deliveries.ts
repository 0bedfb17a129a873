import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import { type Cursor, cursorKind, cursorOf, cursorRecord } from "./cursor.ts";
import { deliveryKind } from "./delivery.ts";
import { owner } from "./endpoint.ts";
import type { DeliveryParts } from "./parts.ts";
import { pump } from "./pump.ts";
import { retry } from "./retry.ts";

/** What sends events to endpoints, in one process. Others beside it share the work by the leases in the store. */
export interface Deliveries {
  /** Starts what there is to do, in all accounts; how much that was. */
  round(): Promise<number>;
  /** The account has new events. */
  wake(account: AccountId): void;
  /** Waits for all that was started. */
  idle(): Promise<void>;
  /** Begins nothing more, and waits a little for what is under way. */
  close(): Promise<void>;
}

/** One endpoint that hangs holds up its own events, and these bounds what many of them together hold. */
const pumpsMax = 256;
const retriesMax = 128;
const retriesOfEndpointMax = 4;

const cursorsAtOnce = 500;
const retriesAtOnce = 500;
/** Endpoints without anything to send, where they are so many that they hide others, are looked at once in so long. */
const idleMs = 30_000;
/** Changes that follow each other closely are one awakening. */
const wakeMs = 10;
const closeMs = 3_000;

export const openDeliveries = (parts: DeliveryParts, onError: (error: unknown) => void): Deliveries => {
  const { store, clock } = parts;
  const pumps = new Map<string, Promise<void>>();
  const retries = new Map<string, Promise<void>>();
  const ofEndpoint = new Map<string, number>();
  const woken = new Set<AccountId>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const start = (running: Map<string, Promise<void>>, name: string, work: Promise<void>): void => {
    const done = work.catch(onError).finally(() => running.delete(name));
    running.set(name, done);
  };

  /** Whether there was something to start. */
  const startPump = (cursor: Cursor, last: number): boolean => {
    const { account, endpoint } = cursor;
    if (isClosed || cursor.position >= last || pumps.has(endpoint) || pumps.size >= pumpsMax) return false;
    const work = pump(parts, cursor, () => isClosed).then(() => {
      // An event that came while this one ended would otherwise wait for the next round.
      wake(account);
    });
    start(pumps, endpoint, work);
    return true;
  };

  const startRetry = (due: DocumentRecord): boolean => {
    const name = `${due.provider}/${due.id}`;
    const others = ofEndpoint.get(due.provider) ?? 0;
    if (isClosed || retries.has(name) || retries.size >= retriesMax || others >= retriesOfEndpointMax)
      return false;
    ofEndpoint.set(due.provider, others + 1);
    const work = retry(parts, due).finally(() => {
      const left = (ofEndpoint.get(due.provider) ?? 1) - 1;
      if (left === 0) ofEndpoint.delete(due.provider);
      else ofEndpoint.set(due.provider, left);
    });
    start(retries, name, work);
    return true;
  };

  /** One that cannot be read, which a later version wrote for one, is told and stops nobody else's deliveries. */
  const readable = (records: readonly DocumentRecord[]): readonly Cursor[] =>
    records.flatMap((record) => {
      try {
        return [cursorOf(record)];
      } catch (error) {
        onError(error);
        return [];
      }
    });

  const awaken = async (): Promise<void> => {
    timer = undefined;
    const accounts = [...woken];
    woken.clear();
    const now = clock().toISOString();
    for (const account of accounts) {
      const cursors = readable(await store.listDocuments(account, owner, cursorKind, ""));
      const waiting = cursors.filter(({ due }) => due !== undefined && due <= now);
      if (waiting.length === 0) continue;
      const last = await store.lastEventSeq(account);
      for (const cursor of waiting) startPump(cursor, last);
    }
  };

  const wake = (account: AccountId): void => {
    if (isClosed) return;
    woken.add(account);
    timer ??= setTimeout(() => {
      awaken().catch(onError);
    }, wakeMs).unref();
  };

  const startPumps = async (): Promise<number> => {
    const cursors = readable(await store.listDue(cursorKind, clock().toISOString(), cursorsAtOnce));
    const lasts = new Map<AccountId, number>();
    let started = 0;
    for (const cursor of cursors) {
      const { account } = cursor;
      const last = lasts.get(account) ?? (await store.lastEventSeq(account));
      lasts.set(account, last);
      if (startPump(cursor, last)) started += 1;
      else if (cursors.length === cursorsAtOnce && cursor.position >= last) await putOff(cursor);
    }
    return started;
  };

  const putOff = async (cursor: Cursor): Promise<void> => {
    const due = new Date(clock().getTime() + idleMs).toISOString();
    const record = cursorRecord({ ...cursor, version: cursor.version + 1, due });
    await store
      .progress([{ type: "replaceDocument", record, expectedVersion: cursor.version }])
      .catch(() => undefined); // somebody else is at it
  };

  const startRetries = async (): Promise<number> => {
    const due = await store.listDue(deliveryKind, clock().toISOString(), retriesAtOnce);
    return due.filter(startRetry).length;
  };

  const running = (): readonly Promise<void>[] => [...pumps.values(), ...retries.values()];

  return {
    wake,
    round: async () => (isClosed ? 0 : (await startPumps()) + (await startRetries())),
    idle: async () => {
      await Promise.all(running());
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      const patience = Promise.withResolvers<void>();
      const over = setTimeout(patience.resolve, closeMs);
      await Promise.race([Promise.all(running()), patience.promise]);
      clearTimeout(over);
    },
  };
};
