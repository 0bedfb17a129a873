import type { TokenQuota } from "../schemas/key.ts";

/** A stretch of time that a budget is for. */
export interface Window {
  /** Unique among the windows of one counter, and the same in every process. */
  readonly id: string;
  /** Milliseconds; null for a lifetime. */
  readonly start: number | null;
  readonly end: number | null;
}

const minuteMs = 60_000;

export interface Minute extends Window {
  readonly start: number;
  readonly end: number;
  /** As replies tell them. */
  readonly from: string;
  readonly to: string;
}

const writtenMinute = (start: number): Minute => {
  const end = start + minuteMs;
  const from = new Date(start).toISOString();
  return { id: from.slice(0, 16), start, end, from, to: new Date(end).toISOString() };
};
let lastMinute = writtenMinute(0);

/** When its minute began. */
export const minuteStart = (time: number): number => time - (time % minuteMs);

/** UTC, like all of them: no two processes disagree about when it begins. Written once a minute, not for every call. */
export const minuteOf = (now: number): Minute => {
  if (now < lastMinute.start || now >= lastMinute.end) lastMinute = writtenMinute(minuteStart(now));
  return lastMinute;
};

const lifetime: Window = { id: "lifetime", start: null, end: null };

export const cycleOf = ({ cycle, startDay }: Pick<TokenQuota, "cycle" | "startDay">, now: number): Window => {
  if (cycle === "lifetime") return lifetime;
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (cycle === "day") return between("", Date.UTC(year, month, date.getUTCDate()), 1);
  const day = startDay ?? 1;
  const thisMonth = monthStart(year, month, day);
  // Its day is part of the id: another start day is another budget.
  const tag = `${day}/`;
  return now < thisMonth
    ? {
        id: idOf(tag, monthStart(year, month - 1, day)),
        start: monthStart(year, month - 1, day),
        end: thisMonth,
      }
    : { id: idOf(tag, thisMonth), start: thisMonth, end: monthStart(year, month + 1, day) };
};

const dayMs = 86_400_000;
const idOf = (tag: string, start: number): string => tag + new Date(start).toISOString().slice(0, 10);
const between = (tag: string, start: number, days: number): Window => ({
  id: idOf(tag, start),
  start,
  end: start + days * dayMs,
});

/** Short months use their last day, as TokenHub documents it. */
const monthStart = (year: number, month: number, day: number): number =>
  Math.min(Date.UTC(year, month, day), Date.UTC(year, month + 1, 0));
