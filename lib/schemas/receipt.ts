import * as z from "zod";

/** Why nobody can tell when a key of a real system has stopped working. */
export const unprovenReasons = [
  /** No data plane is configured that could be asked. */
  "not_probed",
  /** The key has an allowlist: it may be refused to Keyway and work elsewhere. */
  "allowlist",
  /** Its secret could not be read and sealed in time, so that nobody can ask with it. */
  "secret_unread",
  /** The data plane refused it while it worked, too, or it did not work any more. */
  "refused_before",
  /** The data plane did not say in time that it accepts the key, so that a refusal proves nothing. */
  "unclear_before",
] as const;

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
  /** Probes since the end. */
  attempts: z.int(),
  /** Null where it is told, or can be; a key that is seen to work after all takes `unclear_before` away. */
  unproven: z.enum(unprovenReasons).nullable(),
});
export type Receipt = z.infer<typeof receipt>;

export const receiptReply = z.strictObject({ receipt });

export const receiptList = z.strictObject({ items: z.array(receipt), nextCursor: z.string().nullable() });
