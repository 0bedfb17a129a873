import type { KeyRecord } from "../keys/record.ts";
import type { Ended } from "../receipts/receipt.ts";
import type { Receipt } from "../schemas/receipt.ts";

/** `at`: when it ends, where that is not with the commit. */
export type Ending = Pick<Ended, "generation" | "cause"> & { readonly at?: string };

/** A key that has ended, all of it. */
export const whole = (cause: "disabled" | "deleted"): Ending => ({ generation: null, cause });

/** By its time, or with the commit. */
export const graceEnded = (generation: number, until: string | null): Ending => ({
  generation,
  cause: "grace_ended",
  ...(until !== null && { at: until }),
});

/**
 * The secret that is replaced ends by its grace, or at once. With it goes what was in an earlier grace until now, sooner
 * than its own receipt had said: of several about one secret, the earliest is true.
 */
export const endedByRotation = (
  { generation, key }: KeyRecord,
  graceUntil: string | null,
  now: Date,
): readonly Ending[] => [
  graceUntil === null ? { generation, cause: "rotated" } : graceEnded(generation, graceUntil),
  ...(key.graceUntil !== null && Date.parse(key.graceUntil) > now.getTime()
    ? [{ generation: generation - 1, cause: "rotated" } as const]
    : []),
];

export const standing = (receipt: Receipt | undefined): Receipt => {
  if (receipt === undefined) throw new Error("what has ended has a receipt");
  return receipt;
};
