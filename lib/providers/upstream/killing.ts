import type { ReadRecorder } from "../../audit/reads.ts";
import { toSealedText } from "../../keys/material.ts";
import type { RandomBytes } from "../../keys/random.ts";
import { type Kept, sealedPlace, unproven } from "../../receipts/receipt.ts";
import type { Key } from "../../schemas/key.ts";
import type { Receipt } from "../../schemas/receipt.ts";
import type { Vault } from "../../sealing/vault.ts";
import type { Caller } from "../caller.ts";
import { type DataPlane, type Probed, probe, type Tried, triedOf } from "./data-plane.ts";
import type { SeenKey } from "./system.ts";

export interface KillingParts {
  readonly provider: string;
  readonly vault: Pick<Vault, "seal">;
  readonly reads: ReadRecorder;
  readonly random: RandomBytes;
  readonly clock: () => Date;
  readonly sleep: (ms: number) => Promise<void>;
  /** Where its keys are used, if that is configured: asked with the dying key. */
  readonly firstLook: FirstLook | undefined;
}

/** What the data plane says of a key that works still; undefined where it says nothing in time. */
export type FirstLook = (key: Tried, inTime: InTime) => Promise<Probed | undefined>;
type InTime = <T>(work: Promise<T>) => Promise<T | undefined>;

/** What the receipt of a key that another system ends will be, once that has answered. */
export type Stop = () => Kept;

type Unproven = NonNullable<Receipt["unproven"]>;

/** Whoever ends a key waits no longer than this for the real system and its data plane to give a proof of it. */
const patienceMs = 2000;

/** Of many keys that are ended one after the other, each would wait for one that hangs. */
const silentMs = 10_000;

export const openFirstLook = (plane: DataPlane, clock: () => Date): FirstLook => {
  let silentAt = Number.NEGATIVE_INFINITY;
  return async (key, inTime) => {
    if (clock().getTime() - silentAt < silentMs) return undefined;
    const found = await inTime(probe(plane, key, clock()));
    if (found === undefined) silentAt = clock().getTime();
    return found;
  };
};

/**
 * Before a key is ended, its secret is read where the system shows it: afterwards it may show it no more. It is sealed
 * until the probes have ended, and nobody is shown it. The data plane is asked with it once while it works: what is
 * refused then, for want of a scope maybe, is no proof afterwards. Whatever that fails by, or takes too long for, the key
 * is ended without a proof: nothing may stand between a key and its end.
 */
export const prepareStop = async (
  parts: KillingParts,
  caller: Caller,
  { key, cause }: Pick<Receipt, "key" | "cause">,
  read: () => Promise<SeenKey>,
): Promise<Stop> => {
  const { provider, vault, random, clock, sleep, firstLook } = parts;
  const begun = unproven({ provider, key, generation: null, cause }, "not_probed", random, clock());
  const stopped = (): Receipt => ({ ...begun, answeredAt: clock().toISOString() });
  const without = (why: Unproven) => (): Kept => ({ receipt: { ...stopped(), unproven: why }, sealed: null });
  if (firstLook === undefined) return without("not_probed");

  const late = sleep(patienceMs);
  const inTime: InTime = (work) => Promise.race([work.catch(() => undefined), late.then(() => undefined)]);

  // What comes later is neither sealed nor recorded: the reply has left, and a function is frozen.
  const seen = await inTime(read());
  const tried = triedOf(seen?.material);
  if (seen === undefined || tried === undefined) return without("secret_unread");
  // One with an allowlist is refused here while it works elsewhere: that would be taken for its end.
  if (seen.key.ipAllowlist.length > 0) return without("allowlist");
  const sealed = await inTime(vault.seal(sealedPlace(caller.account.id, begun.id), toSealedText(tried)));
  if (sealed === undefined || !(await isRecorded(parts, caller, begun))) return without("secret_unread");
  const before = await firstLook(tried, inTime);
  if (before === "refused") return without("refused_before");
  return () => ({
    receipt: {
      ...stopped(),
      evidence: "probe",
      state: "probing",
      unproven: before === "accepted" ? null : "unclear_before",
    },
    sealed,
  });
};

const isRecorded = (
  { reads }: Pick<KillingParts, "reads">,
  caller: Caller,
  { provider, key, answeredAt }: Receipt,
): Promise<boolean> =>
  reads.record(caller, `${provider}/${key}`, answeredAt).then(
    () => true,
    () => false,
  );

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
    "not_probed",
    random,
    clock(),
  );
