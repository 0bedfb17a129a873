const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** After each attempt, how long until the next (Standard Webhooks, "delivery and retries"): ten attempts in three days. */
const delaysMs: readonly number[] = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];
export const attemptsMax = delaysMs.length + 1;

/** Of each delay, up and down: what failed together is not tried again together. */
const jitter = 0.2;
/** A receiver may ask for a later attempt, not for one that nobody would wait for. */
const retryAfterMaxMs = 24 * hour;

const jittered = (ms: number, random: () => number): number => ms * (1 + jitter * (2 * random() - 1));

/** The time of the next attempt after so many; undefined after the last. */
export const nextAttempt = (
  attempts: number,
  retryAfterMs: number | undefined,
  now: Date,
  random: () => number,
): Date | undefined => {
  const delay = delaysMs[attempts - 1];
  if (delay === undefined) return undefined;
  const asked = Math.min(retryAfterMs ?? 0, retryAfterMaxMs);
  return new Date(now.getTime() + Math.round(Math.max(jittered(delay, random), asked)));
};

const secondsForm = /^\d{1,9}$/;
const dateForm = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3); what is neither asks for nothing. */
export const readRetryAfter = (header: string | undefined, now: Date): number | undefined => {
  if (header === undefined) return undefined;
  if (secondsForm.test(header)) return Number(header) * second;
  const time = dateForm.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(time) ? undefined : Math.max(time - now.getTime(), 0);
};
