import * as z from "zod";
import { type RandomBytes, randomHex } from "../keys/random.ts";
import type { AccountId } from "../schemas/key.ts";
import { type Receipt, receipt } from "../schemas/receipt.ts";
import type { Place } from "../sealing/vault.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Write } from "../store/port/unit.ts";

export const receiptKind = "receipt";

/** As long as the usage of a deleted key can be read. The audit trail tells of the change for good. */
const keptMs = 800 * 86_400_000;

export const receiptForm = /^rcp-[0-9a-f]{12}-[0-9a-f]{16}$/;

/** In the order of time, as texts. */
const receiptId = (random: RandomBytes, now: Date): string =>
  `rcp-${now.getTime().toString(16).padStart(12, "0")}-${randomHex(random, 16)}`;

/** What of a key has ended, and of which it cannot be told yet when. */
export type Ended = Pick<Receipt, "provider" | "key" | "generation" | "cause">;

/** Where Keyway itself decides: what ends with the commit ends at its time, and a grace at the time that it has. */
export const committed = (
  ended: Ended,
  random: RandomBytes,
  now: Date,
  stoppedAt = now.toISOString(),
): Receipt => ({
  id: receiptId(random, now),
  ...ended,
  stoppedAt,
  answeredAt: now.toISOString(),
  evidence: "commit",
  state: "done",
  attempts: 0,
  unproven: null,
});

/** Where a real system decides, and nobody looks. */
export const unproven = (
  ended: Ended,
  why: NonNullable<Receipt["unproven"]>,
  random: RandomBytes,
  now: Date,
): Receipt => ({
  ...committed(ended, random, now),
  stoppedAt: null,
  evidence: "none",
  unproven: why,
});

/** What a receipt keeps besides, while it is probed: the dying secret, sealed. */
export interface Kept {
  readonly receipt: Receipt;
  readonly sealed: string | null;
}

/** Those of older versions do not say why. */
const stored = receipt.extend({ unproven: receipt.shape.unproven.default(null) });
const body = z.object({ receipt: stored, sealed: z.string().nullable() });

export const keptOf = ({ body: kept }: DocumentRecord): Kept => body.parse(kept);

export const receiptRecord = (
  account: AccountId,
  kept: Kept,
  { version, due }: { readonly version: number; readonly due?: string | undefined },
): DocumentRecord => ({
  account,
  // Those of all providers are one list, in the order of time.
  provider: "",
  kind: receiptKind,
  id: kept.receipt.id,
  region: "",
  version,
  body: kept,
  until: new Date(Date.parse(kept.receipt.answeredAt) + keptMs).toISOString(),
  ...(due !== undefined && { due }),
});

/** One that is to be probed is due at once. */
export const insertReceipt = (account: AccountId, kept: Kept): Write => ({
  type: "insertDocument",
  record: receiptRecord(account, kept, {
    version: 1,
    due: kept.sealed === null ? undefined : kept.receipt.answeredAt,
  }),
});

/** What an event says of the end that it tells of. */
export const toldOf = ({ id, stoppedAt }: Receipt) => ({ stoppedAt, receipt: id });

/** The dying secret has a place of its own: it opens nowhere else, and nothing else opens there. */
export const sealedPlace = (account: AccountId, id: string): Place => ({
  account,
  service: receiptKind,
  id,
  generation: 0,
});
