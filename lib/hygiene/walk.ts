import * as z from "zod";
import { decideAndWrite } from "../providers/decide.ts";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { type DocumentWrite, StoreRefusal } from "../store/port/unit.ts";

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
  /** Whether anybody listened when it was looked at last, or was about to. */
  isHeard: z.boolean(),
});
export type Progress = z.infer<typeof progress>;

export const progressOf = (record: DocumentRecord): Progress => progress.parse(record.body);

/** By then the change stands that is about to be made, as a rule. */
const afterChangeMs = 2000;
/** Where nobody is found to listen any more: whoever is about to did not wake what somebody listened to until now. */
export const lookAgainMs = 60_000;

/**
 * Before an endpoint is made or changed: somebody may listen from then on. Whoever is at it finds that it has moved, and
 * leaves it; one that was heard already has nothing to tell that it will not tell anyway.
 */
export const wakeWalk = (
  store: Pick<Store, "readDocument" | "progress">,
  account: AccountId,
  now: Date,
): Promise<void> =>
  decideAndWrite(async () => {
    const before = await store.readDocument(account, "", walkKind, id);
    if (before !== undefined && progressOf(before).isHeard) return;
    const due = new Date(now.getTime() + afterChangeMs).toISOString();
    await store.progress([wakening(account, before, due)]);
  }).catch((error: unknown) => {
    // Somebody else has just done the same.
    if (!(error instanceof StoreRefusal && error.reason === "exists")) throw error;
  });

const wakening = (account: AccountId, before: DocumentRecord | undefined, due: string): DocumentWrite => {
  if (before !== undefined) {
    const body: Progress = { ...progressOf(before), isHeard: true };
    const record = { ...before, version: before.version + 1, body, due };
    return { type: "replaceDocument", record, expectedVersion: before.version };
  }
  const body: Progress = { pass: "", begunAt: due, steps: [], isHeard: true };
  const record = { account, provider: "", kind: walkKind, id, region: "", version: 1, body, due };
  return { type: "insertDocument", record };
};
