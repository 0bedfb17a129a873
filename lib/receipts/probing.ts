import type { Probed } from "../providers/upstream/data-plane.ts";
import type { Receipt } from "../schemas/receipt.ts";

/** What one look at a real system found: so many probes, one after the other. */
export type Look =
  /** It was refused five times in a row, the first time at this moment. */
  | { readonly type: "dead"; readonly at: Date; readonly attempts: number }
  | { readonly type: "alive" | "unclear"; readonly attempts: number };

/** One refusal may be of one machine of many, the others of which take the key still. */
export const refusalsWanted = 5;
const pauseBetweenMs = 250;

export const look = async (
  ask: () => Promise<Probed>,
  clock: () => Date,
  sleep: (ms: number) => Promise<void>,
): Promise<Look> => {
  let first: Date | undefined;
  for (let attempts = 1; ; attempts++) {
    const answer = await ask();
    if (answer !== "refused") return { type: answer === "accepted" ? "alive" : "unclear", attempts };
    // When it was answered, not when it was asked: in between it may have been taken.
    first ??= clock();
    if (attempts === refusalsWanted) return { type: "dead", at: first, attempts };
    await sleep(pauseBetweenMs);
  }
};

/** What is to be written after a look: the receipt as it is now, and when it is looked at again, if it is. */
export type Step =
  | {
      readonly type: "ended";
      readonly receipt: Receipt;
      readonly event: "key.stopped" | "key.probing_gave_up" | null;
    }
  | { readonly type: "late"; readonly receipt: Receipt; readonly due: string }
  | { readonly type: "again"; readonly receipt: Receipt; readonly due: string };

const giveUpMs = 86_400_000;
const pauseMs = { least: 1000, most: 600_000 } as const;

const elapsed = ({ answeredAt }: Receipt, now: Date): number => now.getTime() - Date.parse(answeredAt);

/** Nobody waits longer for a key to stop than this, whatever its system says or does not say. */
export const isOverdue = (receipt: Receipt, now: Date): boolean => elapsed(receipt, now) >= giveUpMs;

export const gaveUp = (receipt: Receipt): Step => ({
  type: "ended",
  receipt: { ...receipt, state: "gave_up" },
  event: "key.probing_gave_up",
});

/** `isRevived`: the key was enabled again meanwhile, so that it is no wonder that it works. */
export const stepAfter = (
  before: Receipt,
  found: Look,
  { now, usualMs, isRevived }: { readonly now: Date; readonly usualMs: number; readonly isRevived: boolean },
): Step => {
  const attempts = before.attempts + found.attempts;
  // Accepted now: what refuses it from here on does so because it is dead.
  const receipt = { ...before, attempts, unproven: found.type === "alive" ? null : before.unproven };
  if (found.type === "dead") {
    if (receipt.unproven !== null) return gaveUp(receipt);
    const stoppedAt = found.at.toISOString();
    return { type: "ended", receipt: { ...receipt, stoppedAt, state: "done" }, event: "key.stopped" };
  }
  if (isRevived) return { type: "ended", receipt: { ...receipt, state: "revived" }, event: null };
  if (isOverdue(receipt, now)) return gaveUp(receipt);
  const pause = Math.min(Math.max(elapsed(receipt, now) / 10, pauseMs.least), pauseMs.most);
  const due = new Date(now.getTime() + pause).toISOString();
  const isLate = found.type === "alive" && receipt.state === "probing" && elapsed(receipt, now) >= usualMs;
  if (isLate) return { type: "late", receipt: { ...receipt, state: "late" }, due };
  return { type: "again", receipt, due };
};
