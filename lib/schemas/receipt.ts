import * as z from "zod";

/** A kill receipt: when a key, or one of its secrets, stopped working, and how that is known. */
export const receipt = z.strictObject({
  id: z.string(),
  provider: z.string(),
  key: z.string(),
  /** Which of the key's secrets it is about; null for all of them. */
  generation: z.int().nullable(),
  cause: z.enum(["disabled", "deleted", "rotated", "grace_ended"]),
  /** From then on it does not work; of the end of a grace this may be yet to come. Null where nobody knows. */
  stoppedAt: z.string().nullable(),
  /** Of the commit, or when the real system had done what it was asked. */
  answeredAt: z.string(),
  /** `commit`: Keyway itself decides whether it works; `probe`: the real system was seen to refuse it. */
  evidence: z.enum(["commit", "probe", "none"]),
  /** `late`: it still works after the real system's usual time; `revived`: enabled again before it was seen to stop. */
  state: z.enum(["done", "probing", "late", "revived", "gave_up"]),
  /** Probes so far. */
  attempts: z.int(),
});
export type Receipt = z.infer<typeof receipt>;

export const receiptReply = z.strictObject({ receipt });

export const receiptList = z.strictObject({ items: z.array(receipt), nextCursor: z.string().nullable() });
