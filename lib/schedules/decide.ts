import type { Key } from "../schemas/key.ts";
import type { WholePolicy } from "../schemas/policy.ts";
import type { Memory } from "./schedule.ts";

/** What is decided about: all of it as it stands at one moment, however long ago somebody said that this is the time. */
export interface Facts {
  readonly key: Pick<Key, "status" | "createdAt" | "rotatedAt" | "lastUsedAt" | "expiresAt">;
  readonly can: Abilities;
  readonly policy: WholePolicy;
  readonly memory: Memory;
  /** Until when the key is excepted from what a rule of hygiene asks. */
  readonly excepted: { readonly too_old?: string | undefined; readonly unused?: string | undefined };
  readonly now: Date;
}

export interface Abilities {
  /** Whether a new secret can be had of the provider, and then read by those who may: one that nobody can read would end the key's use. */
  readonly rotate: boolean;
  readonly disable: boolean;
  /** Whether a use would be known. Of a key whose uses nobody tells, none can be said to be missing. */
  readonly tellsUse: boolean;
  /** Whether an event tells of all that happens to the key: not where others change it behind Keyway. */
  readonly tellsChanges: boolean;
}

export type Reason = "unused" | "expired_by_policy";

export type Step =
  /** Null: until an event tells of something new. */
  | { readonly type: "wait"; readonly until: string | null }
  | { readonly type: "notice"; readonly rotateAt: string; readonly secretSince: string }
  | { readonly type: "rotate"; readonly secretSince: string }
  | { readonly type: "disable"; readonly reason: Reason };

export interface Decision {
  readonly step: Step;
  readonly memory: Memory;
}

interface Moment {
  readonly at: number;
  readonly step: Step;
}

const dayMs = 86_400_000;
export const daysMs = (days: number): number => days * dayMs;

/** The last of those that were; keys of older versions lack some of them. */
const latest = (...times: readonly (string | null | undefined)[]): number =>
  Math.max(...times.map((time) => (time == null ? Number.NEGATIVE_INFINITY : Date.parse(time))));

const textOf = (ms: number): string => new Date(ms).toISOString();

/** Since when the key has the secret that it has. */
export const secretSince = (key: Facts["key"], memory: Memory): number =>
  latest(key.createdAt, key.rotatedAt, memory.rotatedAt);

/** Since when there is a key of this id: not before the first that was seen of it. */
export const bornAt = ({ createdAt }: Facts["key"], memory: Memory): number =>
  Math.min(
    Date.parse(createdAt),
    memory.bornAt === null ? Number.POSITIVE_INFINITY : Date.parse(memory.bornAt),
  );

/** A key that is off does nobody harm: it stays as it is, and its time begins anew when it is on again. */
const isOff = ({ status, expiresAt }: Facts["key"], now: number): boolean =>
  status === "disabled" || (expiresAt !== null && Date.parse(expiresAt) <= now);

const expiry = ({ key, can, policy, memory }: Facts): readonly Moment[] =>
  policy.expireAfterDays === 0 || !can.disable
    ? []
    : [
        {
          at: bornAt(key, memory) + daysMs(policy.expireAfterDays),
          step: { type: "disable", reason: "expired_by_policy" },
        },
      ];

const disuse = ({ key, can, policy, memory, excepted }: Facts): readonly Moment[] => {
  if (policy.disableUnusedDays === 0 || !can.disable || !can.tellsUse) return [];
  const since = latest(key.createdAt, key.lastUsedAt, memory.onSince);
  const at = Math.max(since + daysMs(policy.disableUnusedDays), latest(excepted.unused));
  return [{ at, step: { type: "disable", reason: "unused" } }];
};

const rotation = ({ key, can, policy, memory, excepted, now }: Facts): readonly Moment[] => {
  const { rotateEveryDays, rotateNoticeDays } = policy;
  if (rotateEveryDays === 0 || !can.rotate) return [];
  const since = secretSince(key, memory);
  const due = Math.max(since + daysMs(rotateEveryDays), latest(excepted.too_old));
  const rotate = { type: "rotate", secretSince: textOf(since) } as const;
  // A notice longer than the whole time would be given at each rotation, and move the next one.
  const notice = daysMs(Math.min(rotateNoticeDays, rotateEveryDays));
  if (notice === 0) return [{ at: due, step: rotate }];
  const told = memory.notice;
  const isTold = told?.secretSince === rotate.secretSince && Date.parse(told.at) >= due - notice;
  // The time that was told is kept, also where the policy has become stricter since.
  if (isTold) return [{ at: Math.max(due, Date.parse(told.rotateAt)), step: rotate }];
  const rotateAt = textOf(Math.max(due, now.getTime() + notice));
  return [{ at: due - notice, step: { ...rotate, type: "notice", rotateAt } }];
};

/** In the order of what goes before what: a key that is to end needs no new secret. */
const plans = [expiry, disuse, rotation] as const;

/** What is to be done with a key now, or when to look at it again. */
export const decide = (facts: Facts): Decision => {
  const { key, can } = facts;
  const now = facts.now.getTime();
  const memory = { ...facts.memory, bornAt: textOf(bornAt(key, facts.memory)) };
  if (isOff(key, now)) {
    const until = can.tellsChanges || !isAsked(facts.policy) ? null : textOf(now + dayMs);
    return { step: { type: "wait", until }, memory: { ...memory, wasOff: true } };
  }
  // Whoever has put it on wants it: it is not put off again for what was before.
  const seen = memory.wasOff ? { ...memory, wasOff: false, onSince: textOf(now) } : memory;
  const moments = plans.flatMap((plan) => plan({ ...facts, memory: seen }));
  const due = moments.find(({ at }) => at <= now);
  if (due !== undefined) return { step: due.step, memory: seen };
  const next = Math.min(...moments.map(({ at }) => at));
  return {
    step: { type: "wait", until: Number.isFinite(next) ? textOf(next) : null },
    memory: seen,
  };
};

/** Whether a policy has anything to do by the clock. */
export const isAsked = (policy: WholePolicy): boolean =>
  policy.rotateEveryDays > 0 || policy.disableUnusedDays > 0 || policy.expireAfterDays > 0;
