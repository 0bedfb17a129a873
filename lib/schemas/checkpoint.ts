import * as z from "zod";

/** A signed statement of how far an account's chain reaches. Kept elsewhere, it shows a chain that was cut or rewritten. */
export const checkpoint = z.strictObject({
  /** The name of the chain: the account, or what `chain-name.ts` makes of it. */
  account: z.string(),
  seq: z.int().min(0),
  hash: z.string(),
  time: z.string(),
  /** Ed25519, base64 of the raw 32 bytes. */
  publicKey: z.string(),
  signature: z.string(),
});
export type Checkpoint = z.infer<typeof checkpoint>;

/** One of an account's changes, and beside it one of its readings: whoever keeps a reply has kept both. */
export const checkpoints = checkpoint.extend({ readings: checkpoint });
