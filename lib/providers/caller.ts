import type { Actor, AuditDraft } from "../audit/entry.ts";
import { Refusal } from "../errors.ts";
import type { Key } from "../schemas/key.ts";
import type { AccountRecord, EventDraft } from "../store/port/records.ts";
import type { Write } from "../store/port/unit.ts";

/** On whose behalf something happens, and what the audit trail shall say of it. */
export interface Caller {
  readonly account: AccountRecord;
  readonly actor: Actor;
  readonly requestId: string;
  /** `tokenhub:CreateApiKey` */
  readonly action: string;
  /** The redacted request; a function, because most calls change nothing and need none. */
  readonly details: () => unknown;
  /** Of a call that is traced: sent on with what it makes us ask of other systems. */
  readonly traceparent?: string;
  /** Where the call is to happen at most once: what has to stand in the same commit as the change. */
  readonly once?: Once;
  /** The id by which callers know the key that this is about, where a real system calls it otherwise by now. */
  readonly knownAs?: string;
  /** Why, where nobody asked for it: a word of ours, which the event tells besides. */
  readonly reason?: string;
  /** What else stands in the same commit as a change of a key, given the key as it will be. */
  readonly alongside?: (key: Key) => Alongside;
}

export interface Alongside {
  readonly writes: readonly Write[];
  readonly events: readonly EventDraft[];
}

/** What a call did, as a repetition of it shall be told. */
export interface Outcome {
  /** The facade's reply without what is secret in it. */
  readonly reply: Readonly<Record<string, unknown>>;
  /** Which secret the reply carries besides; null for none, or for one that cannot be had again. */
  readonly secret: { readonly provider: string; readonly id: string; readonly generation: number } | null;
}

export interface Once {
  /** Of the call, whoever sends it again: an intent that is kept under it is found by the repetition. */
  readonly id: string;
  /** Of what the call asks: another one under the same key is refused. */
  readonly fingerprint: string;
  /** Whether the call was made already, by another process for one, and its outcome stands. */
  readonly isKept: () => Promise<boolean>;
  /** What stands in the same commit as the change. */
  readonly outcome: (done: Outcome) => readonly Write[];
}

export const idempotencyMismatch = (): Refusal =>
  new Refusal(
    "idempotency_mismatch",
    "This `Idempotency-Key` was used for another call. Use a new one for each.",
  );

export const idempotencyInFlight = (): Refusal =>
  new Refusal("idempotency_in_flight", "The call with this `Idempotency-Key` is still under way.");

/** A page of the trail holds a hundred entries; one with megabytes of details would be a way to stall its readers. */
const detailsLengthMax = 16 * 1024;

const boundedDetails = (details: unknown): unknown => {
  const { length } = JSON.stringify(details);
  return length > detailsLengthMax ? { omitted: `${length} characters` } : details;
};

/** The audit entry of what a caller did to a target: `tokenhub/ak-…`, `credential/cred_…`. */
export const auditDraft = (caller: Caller, target: string, time: string): AuditDraft => ({
  time,
  requestId: caller.requestId,
  actor: caller.actor,
  action: caller.action,
  target,
  details: boundedDetails(caller.details()),
});
