import * as z from "zod";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { type DocumentWrite, StoreRefusal } from "../store/port/unit.ts";

/**
 * What brings policies to keys, one for each account that ever set one by the clock: it reads the account's events, and
 * walks through keys that were there before.
 */
export const followerKind = "schedule-follower";
const id = "follower";

/** Where a walk through a provider's keys stands, by source; null at its beginning. */
const walk = z.object({
  provider: z.string(),
  position: z.record(z.string(), z.string().nullable()).nullable(),
});
export type Walk = z.infer<typeof walk>;

const progress = z.object({
  /** Of the last event that was read, and when that was. */
  seq: z.number(),
  readAt: z.string(),
  /** How often there was nothing to do, one look after the other. */
  quiet: z.number(),
  walks: z.array(walk),
  /** When all keys of the real systems were begun to be walked through: of what happens there, no event tells. */
  lookedAroundAt: z.string(),
});
export type Progress = z.infer<typeof progress>;

export const progressOf = (record: DocumentRecord): Progress => progress.parse(record.body);

/** For the commit that sets an account's first policy of this kind; its event is the first that the follower reads. */
export const firstFollower = async (
  store: Pick<Store, "readDocument" | "lastEventSeq">,
  account: AccountId,
  now: Date,
): Promise<readonly DocumentWrite[]> => {
  if ((await store.readDocument(account, "", followerKind, id)) !== undefined) return [];
  const time = now.toISOString();
  const body: Progress = {
    seq: await store.lastEventSeq(account),
    readAt: time,
    quiet: 0,
    walks: [],
    lookedAroundAt: time,
  };
  const record = { account, provider: "", kind: followerKind, id, region: "", version: 1, body, due: time };
  return [{ type: "insertDocument", record }];
};

/** After a policy has changed: an account in which nothing happens is looked at seldom. Whoever is at it goes on with it. */
export const wakeFollower = async (
  store: Pick<Store, "readDocument" | "progress">,
  account: AccountId,
  now: Date,
): Promise<void> => {
  const found = await store.readDocument(account, "", followerKind, id);
  if (found?.due === undefined || Date.parse(found.due) <= now.getTime()) return;
  const record = { ...found, version: found.version + 1, due: now.toISOString() };
  await store
    .progress([{ type: "replaceDocument", record, expectedVersion: found.version }])
    .catch((error: unknown) => {
      if (!(error instanceof StoreRefusal)) throw error;
    });
};
