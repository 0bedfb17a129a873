import * as z from "zod";

/** How an endpoint has answered lately: what slows its deliveries down, and in the end disables it. */
export const healthBody = z.strictObject({
  /** Failures since the last success. */
  streak: z.int(),
  /** How often it was left alone for a while since then. */
  pauses: z.int(),
  /** Nothing is sent before; null where nothing holds it up. */
  pausedUntil: z.string().nullable(),
  /** The first failure of these. */
  firstFailure: z.string().nullable(),
  /** When the clock began that disables it. */
  failingSince: z.string().nullable(),
});
export type Health = z.infer<typeof healthBody>;

export const healthy: Health = {
  streak: 0,
  pauses: 0,
  pausedUntil: null,
  firstFailure: null,
  failingSince: null,
};

const hourMs = 3_600_000;
/** One bad hour is none of a row of days: the clock begins with a failure this long after the first, within a day. */
const apartMs = 12 * hourMs;
const dayMs = 24 * hourMs;
const disabledAfterMs = 5 * dayMs;

/** So many failures in a row are the endpoint's, not the message's. */
export const failingStreak = 3;
const pauseFirstMs = 5_000;
const pauseMaxMs = 300_000;

export const isPaused = ({ pausedUntil }: Health, now: Date): boolean =>
  pausedUntil !== null && Date.parse(pausedUntil) > now.getTime();

/**
 * What an endpoint that fails costs: one attempt in each pause. What waits meanwhile stays in the log, in its order, and
 * makes no rows. What was under way together and fails together is one failure of the endpoint.
 */
const pauseAfter = (
  { pauses, pausedUntil }: Health,
  streak: number,
  retryAfterMs: number,
  now: Date,
): Pick<Health, "pauses" | "pausedUntil"> => {
  const left = pausedUntil === null ? 0 : Math.max(Date.parse(pausedUntil) - now.getTime(), 0);
  const isNew = streak >= failingStreak && left === 0;
  const own = isNew ? pauseFirstMs * 2 ** Math.min(pauses, 10) : left;
  const ms = Math.min(Math.max(own, retryAfterMs), pauseMaxMs);
  return {
    pauses: isNew ? pauses + 1 : pauses,
    pausedUntil: ms === 0 ? null : new Date(now.getTime() + ms).toISOString(),
  };
};

const since = (time: string, now: Date): number => now.getTime() - Date.parse(time);

/** Where the clock stands after a failure; with days between two of them, it is the first of a row again. */
const clockAfter = (health: Health, now: Date): Pick<Health, "firstFailure" | "failingSince"> => {
  const { firstFailure, failingSince } = health;
  const time = now.toISOString();
  if (firstFailure === null) return { firstFailure: time, failingSince: null };
  if (failingSince !== null || since(firstFailure, now) < apartMs) return { firstFailure, failingSince };
  return since(firstFailure, now) <= dayMs
    ? { firstFailure, failingSince: time }
    : { firstFailure: time, failingSince: null };
};

/** After so many failures, none of them before a success. */
export const afterFailures = (health: Health, failures: number, retryAfterMs: number, now: Date): Health => {
  const streak = health.streak + failures;
  return {
    streak,
    ...pauseAfter(health, streak, retryAfterMs, now),
    ...clockAfter(health, now),
  };
};

export const isHopeless = ({ failingSince }: Health, now: Date): boolean =>
  failingSince !== null && since(failingSince, now) >= disabledAfterMs;
