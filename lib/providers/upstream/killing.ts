import type { ReadRecorder } from "../../audit/reads.ts";
import type { RandomBytes } from "../../keys/random.ts";
import { type Kept, sealedPlace, unproven } from "../../receipts/receipt.ts";
import type { Key } from "../../schemas/key.ts";
import type { Receipt } from "../../schemas/receipt.ts";
import type { Vault } from "../../sealing/vault.ts";
import type { Caller } from "../caller.ts";
import type { SeenKey } from "./system.ts";

export interface KillingParts {
  readonly provider: string;
  readonly vault: Pick<Vault, "seal">;
  readonly reads: ReadRecorder;
  readonly random: RandomBytes;
  readonly clock: () => Date;
  readonly sleep: (ms: number) => Promise<void>;
  /** Whether a data plane is configured, which can be asked with the dying key. */
  readonly isProbed: boolean;
}

/** What the receipt of a key that another system ends will be, once that has answered. */
export type Stop = () => Kept;

/** Whoever ends a key waits no longer than this for the proof of it. */
const patienceMs = 2000;

/**
 * Before a key is ended, its secret is read where the system shows it: afterwards it may show it no more. It is sealed
 * until the probes have ended, and nobody is shown it. Whatever that fails by, or takes too long for, the key is ended
 * without a proof: nothing may stand between a key and its end.
 */
export const prepareStop = async (
  parts: KillingParts,
  caller: Caller,
  { key, cause }: Pick<Receipt, "key" | "cause">,
  read: () => Promise<SeenKey>,
): Promise<Stop> => {
  const { provider, random, clock, sleep, isProbed } = parts;
  const begun = unproven({ provider, key, generation: null, cause }, random, clock());
  const stopped = (): Receipt => ({ ...begun, answeredAt: clock().toISOString() });
  const late = async (): Promise<undefined> => void (await sleep(patienceMs));
  const sealed = isProbed
    ? await Promise.race([sealedSecret(parts, caller, begun, read).catch(() => undefined), late()])
    : undefined;
  if (sealed === undefined) return () => ({ receipt: stopped(), sealed: null });
  return () => ({ receipt: { ...stopped(), evidence: "probe", state: "probing" }, sealed });
};

const sealedSecret = async (
  { vault, reads }: KillingParts,
  caller: Caller,
  { id, provider, key, answeredAt }: Receipt,
  read: () => Promise<SeenKey>,
): Promise<string | undefined> => {
  const seen = await read();
  const { material } = seen;
  // One with an allowlist is refused here while it works elsewhere: that would be taken for its end.
  if (material?.kind !== "token" || seen.key.ipAllowlist.length > 0) return undefined;
  const [sealed] = await Promise.all([
    vault.seal(sealedPlace(caller.account.id, id), material.value),
    reads.record(caller, `${provider}/${key}`, answeredAt),
  ]);
  return sealed;
};

/** A key that was ended, with what is kept of that. */
export interface Stopped {
  readonly key: Key;
  readonly kept: Kept;
}

/** Of a rotation: when the secret before ends is the real system's to know, and it is not asked. */
export const replaced = (
  { provider, random, clock }: Pick<KillingParts, "provider" | "random" | "clock">,
  key: string,
  { graceUntil }: Pick<Key, "graceUntil">,
): Receipt =>
  unproven(
    { provider, key, generation: null, cause: graceUntil === null ? "rotated" : "grace_ended" },
    random,
    clock(),
  );
