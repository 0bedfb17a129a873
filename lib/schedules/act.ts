import { type ErrorCode, errorTable, type Refusal } from "../errors.ts";
import { readPolicy } from "../policies/documents.ts";
import { auditDraft, type Caller, type Once } from "../providers/caller.ts";
import type { Provider } from "../providers/port.ts";
import { keyEvent } from "../providers/upstream/key-event.ts";
import type { Key } from "../schemas/key.ts";
import type { DocumentRecord, EventDraft } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { DocumentWrite } from "../store/port/unit.ts";
import type { Step } from "./decide.ts";
import { type KeyPlace, type Memory, readSchedule, scheduleKind, scheduleWrite } from "./schedule.ts";

interface Parts {
  readonly store: Pick<Store, "commit" | "progress" | "readDocument">;
  readonly clock: () => Date;
  readonly uuid: () => string;
}

/** A key that is due, as this process holds it. */
export interface Held {
  readonly record: DocumentRecord;
  readonly place: KeyPlace;
  readonly provider: Provider;
  readonly caller: Caller;
  readonly key: Key;
  readonly memory: Memory;
}

export type Act = Exclude<Step, { readonly type: "wait" }>;

/** Does what was decided. Afterwards the key is looked at again, which tells when it is due next. */
export const act = async (parts: Parts, held: Held, step: Act): Promise<void> => {
  const { place, record, provider, key } = held;
  const now = parts.clock().toISOString();
  const memory = { ...held.memory, refused: null, refusals: 0 };
  const next = (known: Memory): DocumentWrite => scheduleWrite(place, record, known, now);
  switch (step.type) {
    case "notice": {
      const { secretSince, rotateAt } = step;
      await parts.store.commit({
        account: place.account,
        writes: [next({ ...memory, notice: { secretSince, at: now, rotateAt } })],
        audit: auditDraft(told(held, "keyway:AnnounceRotation", { rotateAt }), targetOf(held), now),
        events: [eventOf(parts, held, "rotation.due_soon", { rotateAt }, now)],
      });
      return;
    }
    case "rotate": {
      const once = onceOf(parts, held, `rotate ${step.secretSince}`, () =>
        next({ ...memory, rotatedAt: now, notice: null }),
      );
      const reason = "too_old";
      const caller = { ...told(held, "keyway:RotateByPolicy", { reason }), once, reason };
      const graceSeconds = await graceOf(parts, held);
      // What it answers is not kept: whoever may reveal the key reads the new secret there.
      const renewal = { graceSeconds, material: undefined, reason: "its policy: too old" };
      await provider.rotate(caller, key.id, renewal, [key.version]);
      return;
    }
    case "disable": {
      const { reason } = step;
      const once = onceOf(parts, held, `disable ${reason} ${key.version}`, () => next(memory));
      const caller = { ...told(held, "keyway:DisableByPolicy", { reason }), once, reason };
      await provider.setStatus(caller, key.id, "disabled", [key.version]);
    }
  }
};

/** Where the provider knows no grace it is not asked for one: the old secret ends as that provider ends it. */
const graceOf = async ({ store }: Parts, { provider, place }: Held): Promise<number | undefined> => {
  if (provider.capabilities.operations.grace === "refused") return undefined;
  const { provider: name, id } = place;
  return (await readPolicy(store, place.account, { of: "key", provider: name, id })).effective
    .rotateGraceSeconds;
};

/** The step is done when the schedule has moved on, and that stands in the commit of the change itself. */
const onceOf = (
  { store }: Parts,
  { place, record, memory }: Held,
  step: string,
  next: () => DocumentWrite,
): Once => {
  // The same for a process that stopped, which may have asked a real system; another one after a refusal.
  const name = `${scheduleKind} ${place.id} ${step} ${memory.refusals}`;
  return {
    id: name,
    fingerprint: name,
    isKept: async () => (await readSchedule(store, place))?.version !== record.version,
    outcome: () => [next()],
  };
};

const minuteMs = 60_000;

/** Of a refusal that says nothing of the key or its policy: somebody is at it, or its system is away. */
const passing: Readonly<Partial<Record<ErrorCode, number>>> = {
  version_mismatch: minuteMs,
  conflict: 10 * minuteMs,
  idempotency_in_flight: 10 * minuteMs,
  outcome_unknown: 60 * minuteMs,
};

const passingMs = ({ code }: Refusal): number | undefined =>
  passing[code] ?? (errorTable[code].retryable ? 60 * minuteMs : undefined);

/** When a step that was refused is tried again; what its owner must mend, daily. */
export const againAfterMs = (refusal: Refusal): number => passingMs(refusal) ?? 24 * 60 * minuteMs;

/** What its owner must mend is told in an event: once, as long as it is the same. */
export const tellRefusal = async (
  parts: Parts,
  held: Held,
  { type }: Act,
  refusal: Refusal,
  again: string,
): Promise<void> => {
  const { store, clock } = parts;
  const { place, record, memory } = held;
  const tried = { ...memory, refusals: memory.refusals + 1 };
  const word = `${type} ${refusal.code}`;
  if (passingMs(refusal) !== undefined || memory.refused === word) {
    return store.progress([scheduleWrite(place, record, tried, again)]);
  }
  const now = clock().toISOString();
  const details = { step: type, code: refusal.code };
  await store.commit({
    account: place.account,
    writes: [scheduleWrite(place, record, { ...tried, refused: word }, again)],
    audit: auditDraft(told(held, "keyway:PolicyRefused", details), targetOf(held), now),
    events: [eventOf(parts, held, "policy.refused", details, now)],
  });
};

const told = ({ caller }: Held, action: string, details: object): Caller => ({
  ...caller,
  action,
  details: () => details,
});

const targetOf = ({ place: { provider, id } }: Held): string => `${provider}/${id}`;

const eventOf = (
  { uuid }: Parts,
  held: Held,
  type: EventDraft["type"],
  more: object,
  time: string,
): EventDraft => {
  const { key, provider } = held;
  const { id, name, status, version } = key;
  const data = { provider: provider.name, id, name, status, ...more };
  if (provider.mode === "upstream") return keyEvent(uuid, type, data, time);
  return { id: uuid(), type, time, subject: targetOf(held), version, data };
};
