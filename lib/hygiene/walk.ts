import * as z from "zod";
import type { AccountId } from "../schemas/key.ts";
import { type DocumentRecord, type DocumentWrite, type Store, StoreRefusal } from "../store/port.ts";

/** What tells an account's endpoints of findings, one for each account that ever had an endpoint. */
export const walkKind = "hygiene-walk";
const id = "walk";

const step = z.object({
  /** What was written down, a provider's keys, or what was told of keys that were not met among these. */
  of: z.enum(["reported", "keys", "gone"]),
  /** Empty for what is about all providers. */
  provider: z.string(),
  /** Where it goes on, in words of its own; null at its beginning. */
  position: z.string().nullable(),
});
export type Step = z.infer<typeof step>;

const progress = z.object({
  /** The name of this pass over all keys, and when it began. */
  pass: z.string(),
  begunAt: z.string(),
  /** What is left of it, in this order. */
  steps: z.array(step),
  /** Whether anybody listened when it was looked at last. */
  isHeard: z.boolean(),
});
export type Progress = z.infer<typeof progress>;

export const progressOf = (record: DocumentRecord): Progress => progress.parse(record.body);

/** By then the change stands that is about to be made. */
const afterChangeMs = 2000;

/**
 * Before an endpoint is made or changed: somebody may listen from then on. Whoever is at it goes on with it; one that
 * was heard already has nothing to tell that it will not tell anyway.
 */
export const wakeWalk = async (
  store: Pick<Store, "readDocument" | "progress">,
  account: AccountId,
  now: Date,
): Promise<void> => {
  const before = await store.readDocument(account, "", walkKind, id);
  if (before !== undefined && progressOf(before).isHeard) return;
  const due = new Date(now.getTime() + afterChangeMs).toISOString();
  await store.progress([wakening(account, before, due)]).catch((error: unknown) => {
    // Somebody else has just done the same.
    if (!(error instanceof StoreRefusal)) throw error;
  });
};

const wakening = (account: AccountId, before: DocumentRecord | undefined, due: string): DocumentWrite => {
  if (before !== undefined) {
    const record = { ...before, version: before.version + 1, due };
    return { type: "replaceDocument", record, expectedVersion: before.version };
  }
  const body: Progress = { pass: "", begunAt: due, steps: [], isHeard: false };
  const record = { account, provider: "", kind: walkKind, id, region: "", version: 1, body, due };
  return { type: "insertDocument", record };
};
