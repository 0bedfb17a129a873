import { Refusal } from "../../errors.ts";
import type { UsageRankRequest } from "../../schemas/tokenhub-usage.ts";
import { keptMs, stepMs, type UsageStep } from "../../store/port/usage.ts";
import type { UsageRange } from "../../usage/range.ts";

/** What a ranking reads, and the points in time that its curves have. */
export interface RankPlan extends UsageRange {
  /** Seconds from one point to the next; 0 where there are no curves. */
  readonly period: number;
  /** Unix seconds. */
  readonly timestamps: readonly number[];
}

const dayMs = 86_400_000;
const spanMaxDays = 90;

/** The documented least period of a span. */
const leastPeriods: readonly (readonly [spanDays: number, seconds: number])[] = [
  [1, 60],
  [5, 300],
  [10, 3600],
  [spanMaxDays, 86_400],
];
const longestPeriod = 86_400;

/** Minutes for as long as they are kept; a day of the curve is one in China, which no day of UTC is. */
const stepOf = (periodSeconds: number): UsageStep => (periodSeconds < 3600 ? "minute" : "hour");
const chinaOffsetMs = 8 * 3_600_000;

const refused = (path: string, message: string, reason?: string): Refusal =>
  new Refusal("field_value_invalid", `The parameter \`${path}\` ${message}`, {
    issues: [{ path, message }],
    reason,
  });

export const planOf = ({ StartTime, EndTime, Period, ShowAll }: UsageRankRequest, now: number): RankPlan => {
  const [start, end] = [Date.parse(StartTime), Date.parse(EndTime)];
  const span = end - start;
  if (span <= 0) throw refused("EndTime", "must be after `StartTime`.");
  if (span > spanMaxDays * dayMs) {
    throw refused(
      "EndTime",
      `must be at most ${spanMaxDays} days after \`StartTime\`.`,
      "period_exceeds_span",
    );
  }
  const isKept = (step: UsageStep): boolean => start >= now - keptMs[step];
  if (!isKept("hour")) throw refused("StartTime", `must be at most ${keptMs.hour / dayMs} days ago.`);
  const least = leastPeriods.find(([days]) => span <= days * dayMs)?.[1] ?? longestPeriod;
  const finest = isKept("minute") ? least : Math.max(least, 3600);
  const period = ShowAll ? finest : (Period ?? finest);
  if (period < finest) {
    throw refused("Period", `must be at least ${finest} for this time.`, "period_too_fine");
  }
  const step = stepOf(period);
  const periodMs = period * 1000;
  const from = Math.floor(start / stepMs[step]) * stepMs[step];
  const to = Math.ceil(end / stepMs[step]) * stepMs[step];
  if (ShowAll) return { step, from, to, period: 0, timestamps: [] };
  const first = Math.floor((start + chinaOffsetMs) / periodMs) * periodMs - chinaOffsetMs;
  const timestamps = Array.from(
    { length: Math.ceil((end - first) / periodMs) },
    (_, place) => first / 1000 + place * period,
  );
  return { step, from, to, period, timestamps };
};
